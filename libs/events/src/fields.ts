import { z } from 'zod';

/** Any id of ours or of the platform, as a request may name it. */
export const Id = z.string().min(1).max(64);
/** A name that a token may have (API-4). */
export const AccountId = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
export const Version = z.int().positive();

/** RFC 3339 in UTC with milliseconds, as every event and answer says it (API-1). */
export const Moment = z.iso.datetime({ precision: 3 });
export type Moment = z.infer<typeof Moment>;

/** Inside of a class: blanks, and characters that leave no mark. */
const unseen = '\\p{Z}\\p{Cc}\\p{Default_Ignorable_Code_Point}\\u2800\\ufff9-\\ufffb';
/**
 * Neither are these seen by themselves: marks without a letter to stand on, characters that no typeface agrees on
 * (private, unassigned, none at all), and the placeholders of others.
 */
const seen = new RegExp(`[^${unseen}\\p{C}\\p{M}\\ufffc\\ufffd]`, 'u');

/** Whether one character at least can be seen by itself. */
export const isReadable = (text: string): boolean => seen.test(text);

const readable = (without: string) => {
  const allowed = new RegExp(`^[^${without}]*$`, 'u');
  return z.string().refine((text) => text === '' || (allowed.test(text) && isReadable(text)), {
    abort: true,
    message: 'says nothing that can be read, or has control characters',
    params: { 'zh-CN': '不得只有空白或不可见字符，也不得含有控制字符' },
  });
};

/** Documents write classes as ranges, so their pattern leaves out the long ones of `seen`. */
const trimmed = (longest: number, without: string) =>
  readable(without)
    .trim()
    .min(1)
    .max(longest)
    .meta({ pattern: `^[^${without}]*[^${unseen}][^${without}]*$` });

/** Free text of a person, trimmed, of at most `longest` characters, of which one at least can be seen. */
export const Reason = (longest: number) => trimmed(longest, '\\x00');
/** The same in one line. */
export const ReasonLine = (longest: number) => trimmed(longest, '\\p{Cc}');
/** A name or a value in one line, kept to the letter, of which one character at least can be seen. */
export const ReadableLine = (longest: number) =>
  readable('\\p{Cc}').min(1).max(longest).meta({ pattern: '^[^\\p{Cc}]+$' });

/** A decimal string with the currency's digits, never a float (API-9). */
export const Money = z
  .object({
    amount: z.string().regex(/^-?\d{1,15}(\.\d{1,8})?$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
  })
  .meta({ id: 'Money' });
export type Money = z.infer<typeof Money>;

/**
 * How one amount was or is paid: cash, gift credit and stored card make up the cash part, vouchers stand
 * beside it (ORD-5, RFD-11).
 */
export const PaymentSplit = z
  .object({
    cash: Money,
    giftCredit: Money,
    storedCard: Money,
    voucher: Money,
  })
  .meta({ id: 'PaymentSplit' });
export type PaymentSplit = z.infer<typeof PaymentSplit>;

export const ServicePeriod = z.object({ start: Moment, end: Moment }).meta({ id: 'ServicePeriod' });

/** A name in both languages. */
export const LocalizedName = z.object({ 'zh-CN': z.string(), en: z.string() }).meta({ id: 'LocalizedName' });

/** The contract or refund that has an order or an instance now: at most one (ORD-12). */
export const Holder = z
  .object({ kind: z.enum(['contract', 'refund']), id: z.string() })
  .meta({ id: 'Holder' });
export type Holder = z.infer<typeof Holder>;
