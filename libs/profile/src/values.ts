import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';

// The values that fields of a profile have.

/** One line as people read it, of at most so many characters: nothing hidden in it, no blank around it. */
const Line = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^(?!\s)[^\p{C}\p{Zl}\p{Zp}\uFFFD]*$(?<!\s)/u, 'is one line of text, without a blank at its ends');
export const Text = Line(300);
export const Paragraph = Line(5_000);
/** Of a page that people open: without a user in it, which a mail or a sealed contract would show to all. */
export const WebAddress = z
  .url()
  .max(500)
  .regex(/^https?:\/\/[^\s/?#@\\]+([/?#]\S*)?$/, 'is an address: https://console.example.com');
export const isEachOnce = (list: readonly unknown[]) => new Set(list).size === list.length;
export const Code = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'is a code: letters, digits and _');
/** A set: each member once. */
export const each = <S extends z.ZodType>(one: S) => z.array(one).refine(isEachOnce, 'names each once');
const IsoDuration = z
  .string()
  .regex(
    /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?$/,
    'is an ISO 8601 duration of days, hours, minutes or seconds: P7D, PT20S',
  );
const milliseconds = (iso: string): number => Temporal.Duration.from(iso).total('milliseconds');
const dayMs = 86_400_000;
const longestDays = 3660;
export const PositiveMs = IsoDuration.transform(milliseconds)
  .refine((ms) => ms > 0, 'is longer than 0')
  .refine((ms) => ms <= longestDays * dayMs, `is at most ${longestDays} days`);
export const WholeDays = z
  .string()
  .regex(/^P\d+D$/, 'is a duration of whole days: P7D')
  .transform((iso) => Number(iso.slice(1, -1)))
  .refine((days) => days > 0, 'is longer than 0')
  .refine((days) => days <= longestDays, `is at most ${longestDays} days`);
const longestMonths = 120;
export const Months = z
  .string()
  .regex(/^P(?=.)(\d+Y)?(\d+M)?$/, 'is a duration of years and months: P1Y, P1M')
  .transform((iso) => {
    const { years, months } = Temporal.Duration.from(iso);
    return 12 * years + months;
  })
  .refine((months) => months > 0, 'is longer than 0')
  .refine((months) => months <= longestMonths, `is at most ${longestMonths / 12} years`);
export const Percent = z
  .string()
  .regex(/^(100|\d{1,2}(\.\d{1,2})?)$/, 'is a percentage from 0 to 100 with at most 2 decimals: "12.5"');

/** The same in Chinese and in English. */
export const inBothLanguages = <S extends z.ZodType>(one: S) => z.strictObject({ 'zh-CN': one, en: one });

export const Clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time of day: 09:30');
/** By its name: an offset, such as +08:00, is read the other way round by Postgres. */
export const TimeZone = Text.refine((zone) => {
  try {
    return /^[A-Za-z]/.test(zone) && Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}, 'is an IANA time zone: Asia/Shanghai');
