import { hash } from 'node:crypto';
import type { Tx } from '@accord/core';

/** Messages a day, of UTC. */
export interface SmsLimits {
  readonly perAccount: number;
  /** Whichever accounts have the number among their contacts. */
  readonly perNumber: number;
}

export type SmsLimit = 'account_limit' | 'number_limit';

const day = 86_400_000;

/** Counts one, unless that is more than the limit. */
async function count(tx: Tx, subject: string, limit: number): Promise<boolean> {
  const row = await tx.one<{ messages: number }>(
    `insert into sms_counts as c (subject, day, messages) select $1, $2, 1 where $3 > 0
       on conflict (subject, day) do update set messages = c.messages + 1 where c.messages < $3
     returning messages`,
    [subject, new Date(Math.floor(+tx.now / day) * day), limit],
  );
  return row !== undefined;
}

/** Counts a message to a number; undefined where it may go. A number stands there as its hash. */
export async function countSms(
  tx: Tx,
  { accountId, number }: { accountId: string; number: string },
  { perAccount, perNumber }: SmsLimits,
): Promise<SmsLimit | undefined> {
  const subject = `number:${hash('sha256', number, 'base64url')}`;
  if (!(await count(tx, subject, perNumber))) return 'number_limit';
  return (await count(tx, `account:${accountId}`, perAccount)) ? undefined : 'account_limit';
}
