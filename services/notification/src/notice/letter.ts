import type { Locale } from '@accord/core';
import { escape, type Rendered } from './engine.ts';
import type { ConsolePage } from './page.ts';

/** An e-mail as it goes out, but for its addresses. */
export interface Letter {
  /** The provider's name: the mail is from it (NTF-16). */
  readonly from: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export interface LetterParts {
  readonly locale: Locale;
  readonly from: string;
  readonly subject: string;
  /** Salutation, and of several messages the words before them. */
  readonly opening: readonly Rendered[];
  /** A message each; one alone needs no heading, for the subject is its title. */
  readonly messages: readonly {
    readonly title?: string;
    readonly body: Rendered;
    readonly next: ConsolePage;
  }[];
  readonly closing: Rendered;
}

const colon: { readonly [L in Locale]: string } = { 'zh-CN': '：', en: ': ' };

/** A letter in two forms, of one content. */
export function letterOf({ locale, from, subject, opening, messages, closing }: LetterParts): Letter {
  const said = messages.flatMap(({ title, body, next }) => [
    title === undefined ? '' : `** ${title}`,
    body.text,
    next.label + colon[locale] + next.url,
  ]);
  const text = [...opening.map((part) => part.text), ...said, closing.text].filter(Boolean).join('\n\n');
  const content = messages.map(
    ({ title, body, next }, i) =>
      (i === 0 ? '' : rule) +
      (title === undefined ? '' : `<h2 style="${heading}">${escape(title)}</h2>\n`) +
      `${body.html}\n${button(next)}`,
  );
  const html = page(locale, { from, subject, closing: closing.html }, [
    ...opening.map((part) => part.html),
    ...content,
  ]);
  return { from, subject, text: `${text}\n`, html };
}

// Mail readers know little of CSS: tables hold the page, and each style stands at its element.
const font = `font-family:-apple-system,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif`;
const heading = 'margin:0 0 12px;font-size:17px;line-height:1.4;color:#111827';
const rule = '<hr style="border:0;border-top:1px solid #e5e7eb;margin:24px 0">\n';
const link = 'color:#1d4ed8;word-break:break-all';

function button({ label, url }: ConsolePage): string {
  const [to, words] = [escape(url), escape(label)];
  const style =
    'display:inline-block;padding:10px 22px;border-radius:4px;background:#1d4ed8;color:#ffffff;text-decoration:none';
  return (
    `<p style="margin:20px 0 8px"><a href="${to}" style="${style}">${words}</a></p>\n` +
    `<p style="margin:0;font-size:12px"><a href="${to}" style="${link}">${to}</a></p>`
  );
}

/** Addresses in running words can be followed, too. */
const linked = (html: string) =>
  html.replaceAll(/https?:\/\/[^\s<]+/g, (url) => `<a href="${url}" style="${link}">${url}</a>`);

function page(
  locale: Locale,
  { from, subject, closing }: { from: string; subject: string; closing: string },
  content: readonly string[],
): string {
  const cell = (style: string, html: string) => `<tr><td style="padding:${style}">\n${html}\n</td></tr>\n`;
  return (
    `<!doctype html>\n<html lang="${locale}">\n<head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${escape(subject)}</title></head>\n` +
    `<body style="margin:0;padding:0;background:#f3f4f6">\n` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>` +
    `<td align="center" style="padding:24px 12px">\n` +
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;` +
    `background:#ffffff;border:1px solid #e5e7eb;border-radius:6px;text-align:left;${font};font-size:15px;` +
    `line-height:1.7;color:#1f2937">\n` +
    cell('18px 28px;border-bottom:1px solid #e5e7eb;font-weight:600', escape(from)) +
    cell(
      '22px 28px 26px',
      `<h1 style="${heading};font-size:19px">${escape(subject)}</h1>\n${content.join('\n')}`,
    ) +
    cell(
      '16px 28px;border-top:1px solid #e5e7eb;font-size:12px;line-height:1.6;color:#6b7280',
      linked(closing),
    ) +
    `</table>\n</td></tr></table>\n</body>\n</html>\n`
  );
}
