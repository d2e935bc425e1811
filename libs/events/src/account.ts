import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Version } from './fields.ts';

export const PartnerType = z
  .enum(['distribution', 'virtual_business', 'integration', 'consulting', 'isv'])
  .meta({ id: 'PartnerType' });

const Contact = z
  .object({
    contactId: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    locale: z.enum(['zh-CN', 'en']),
    timeZone: z.string(),
    classes: z.array(z.enum(['orders', 'contracts', 'refunds', 'security']).meta({ id: 'MessageClass' })),
  })
  .meta({ id: 'Contact' });

/**
 * Facts of an account as the platform tells them. Contacts are where messages go, by message class (NTF-2).
 */
export const AccountFacts = z
  .object({
    accountId: AccountId,
    /** The platform's own version of the account; an older one changes nothing. */
    version: Version,
    certifiedName: z.string().nullable(),
    certificate: z.string().nullable(),
    invoiceTitle: z.string().nullable(),
    partner: z.object({ type: PartnerType, provider: z.string() }).meta({ id: 'Partner' }).nullable(),
    contacts: z.array(Contact),
    address: z
      .object({ recipient: z.string(), phone: z.string(), address: z.string() })
      .meta({ id: 'PostalAddress' })
      .nullable(),
  })
  .meta({
    description:
      'Texts are as long as PUT /v1/accounts/{accountId} takes them; what is longer is given up with its reason.',
  });

const Text = (longest: number) => z.string().max(longest);
/** Text that may stand in the head of a message. */
const OneLine = (longest: number) => Text(longest).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
/** One line of a contract's face. */
const Line = z
  .string()
  .trim()
  .min(1)
  .max(400)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u)
  .nullable()
  .default(null);

/**
 * A mailbox as RFC 5321 and RFC 6531 spell one, without quotes, comments and addresses of machines:
 * `name@example.com`.
 */
const mailbox = (() => {
  const letter = String.raw`\p{L}\p{N}\p{M}`;
  const atom = `[${letter}!#$%&'*+/=?^_\`{|}~-]+`;
  const label = `[${letter}](?:[${letter}-]{0,61}[${letter}])?`;
  return new RegExp(String.raw`^(?=.{1,64}@)${atom}(?:\.${atom})*@(?:${label}\.)+(?!\p{N}+$)${label}$`, 'u');
})();
const EmailAddress = z
  .string()
  .max(254, { abort: true })
  .refine((text) => mailbox.test(text), {
    message: 'is an e-mail address: name@example.com',
    params: { 'zh-CN': '须为电子邮箱地址，例如 name@example.com' },
  })
  .meta({ format: 'email' });

const isTimeZone = (zone: string) => {
  try {
    return /^[A-Za-z]/.test(zone) && Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
};

/**
 * An account's whole state as it is taken in, told over REST or by topic (EVT-14): what is left out is not
 * known of it. Narrower than `AccountFacts`, which other services read and which may not be narrowed any more
 * (EVT-4).
 */
export const AccountTelling = z.strictObject({
  accountId: AccountId,
  version: Version,
  certifiedName: Line,
  certificate: Line,
  invoiceTitle: Line,
  partner: z
    .strictObject({ type: PartnerType, provider: OneLine(400) })
    .meta({ id: 'PartnerInput' })
    .nullable()
    .default(null),
  contacts: z
    .array(
      z
        .strictObject({
          ...Contact.shape,
          contactId: Text(64),
          name: OneLine(200),
          email: EmailAddress.nullable(),
          phone: OneLine(64).nullable(),
          timeZone: Text(64).refine(isTimeZone, {
            message: 'is an IANA time zone: Asia/Shanghai',
            params: { 'zh-CN': '须为 IANA 时区，例如 Asia/Shanghai', beyondSchema: true },
          }),
          classes: Contact.shape.classes.max(4),
        })
        .meta({ id: 'ContactInput' }),
    )
    .max(50)
    .default([]),
  address: z
    .strictObject({ recipient: OneLine(200), phone: OneLine(64), address: Text(400) })
    .meta({ id: 'PostalAddressInput' })
    .nullable()
    .default(null),
});

export const accountEvents = {
  'account.updated': event({
    speaker: 'contract',
    aggregate: 'account',
    summary: 'Facts of an account changed (EVT-14).',
    data: z.object({ account: AccountFacts }),
    about: ({ account }) => ({
      id: account.accountId,
      version: account.version,
      accountId: account.accountId,
    }),
  }),
};
