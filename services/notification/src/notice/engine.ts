import { Liquid, type Template } from 'liquidjs';
import { filters, type Reader } from './filters.ts';

// Two engines read the same templates: in HTML whatever comes out of a value is escaped, a person's words as
// well as our own (NTF-3).
const engine = (outputEscape?: 'escape') => {
  const liquid = new Liquid({
    strictFilters: true,
    strictVariables: true,
    lenientIf: true, // an event that was kept before a field came has none
    ownPropertyOnly: true,
    ...(outputEscape && { outputEscape }),
  });
  for (const [name, filter] of Object.entries(filters)) liquid.registerFilter(name, filter);
  return liquid;
};
const plain = engine();
const escaped = engine('escape');

const value = escaped.parse('{{ text }}');
/** For HTML. */
export const escape = (text: string): string => escaped.renderSync(value, { text }) as string;

/** The same words as text and as HTML. */
export interface Rendered {
  readonly text: string;
  readonly html: string;
}

/** One text of a template. */
export class Part {
  readonly #plain: Template[];
  readonly #source: string;
  #escaped: Template[] | undefined;

  /** @throws Error where it is no Liquid. */
  constructor(source: string) {
    this.#source = source;
    this.#plain = plain.parse(source);
  }

  /** Paths of the values that it asks for. */
  variables(): readonly (string | number)[][] {
    return plain.globalVariableSegmentsSync(this.#plain) as (string | number)[][];
  }

  text(data: object, reader: Reader): string {
    const rendered = plain.renderSync(this.#plain, data, { globals: { reader } }) as string;
    return paragraphs(rendered).join('\n\n');
  }

  /** In one line, whatever a person wrote into it. */
  line(data: object, reader: Reader): string {
    return this.text(data, reader).replaceAll(/\s+/g, ' ').trim();
  }

  /** Parsed for HTML when it is first needed: what is right in the one is right in the other. */
  both(data: object, reader: Reader): Rendered {
    this.#escaped ??= escaped.parse(this.#source);
    const rendered = escaped.renderSync(this.#escaped, data, { globals: { reader } }) as string;
    return {
      text: this.text(data, reader),
      html: paragraphs(rendered)
        .map((text) => `<p style="margin:0 0 12px">${text}</p>`)
        .join('\n'),
    };
  }
}

const paragraphs = (rendered: string) =>
  rendered
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean);
