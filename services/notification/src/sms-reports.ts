import { Refusal, type Tx } from '@accord/core';
import { saveSmsReport } from './delivery/delivery-store.ts';
import type { SmsReport } from './sms/sms.ts';

/**
 * The gateway tells how an SMS ended: the first end counts, so a report that comes again, or late, changes nothing.
 *
 * @throws Refusal `notification.not_found` where it is no SMS of ours.
 */
export async function onSmsReport(
  tx: Tx,
  { id, ...report }: SmsReport & { readonly id: string },
): Promise<{ taken: boolean }> {
  const found = await saveSmsReport(tx, id, report);
  if (!found) throw new Refusal('not_found', 'notification.not_found', { notificationId: id });
  return found;
}
