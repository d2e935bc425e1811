import { z } from 'zod';

// Times that requests give. One pattern each, which clients of any language read (API-3): of the years 1900 to
// 2199, days that the calendar has, and whole seconds at least.

const thirtyOne = '(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])';
const thirty = '(0[469]|11)-(0[1-9]|[12][0-9]|30)';
const february = '02-(0[1-9]|1[0-9]|2[0-8])';
const leapYear = '((19|20|21)(0[48]|[2468][048]|[13579][26])|2000)';
const day = `((19|20|21)[0-9]{2}-(${thirtyOne}|${thirty}|${february})|${leapYear}-02-29)`;
const clock = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?';
const offset = '(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])';

/** `2026-01-31` */
export const GivenDayText = z.stringFormat('date', new RegExp(`^${day}$`));
/** `2026-01-31T09:00:00Z`, with its offset, as RFC 3339 wants it. */
export const GivenMomentText = z.stringFormat('datetime', new RegExp(`^${day}T${clock}${offset}$`));
