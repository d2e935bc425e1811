import { z } from 'zod';
import type { Actor, Locale } from '@accord/core';
import { OrderSnapshot } from '@accord/events/order';
import { wordOf } from '@accord/events/wording';
import { ActorView, maskActor } from '@accord/http';
import { minuteWriter } from '../document/minute.ts';
import type { HistoryLine } from '../order/order-store.ts';

// ORD-17: the history of an order for its reader. It is stored in codes and in UTC.

export const HistoryEntry = z
  .object({
    version: z.int(),
    at: z.iso.datetime(),
    actor: ActorView,
    change: z.string(),
    status: OrderSnapshot.shape.status,
    note: z
      .string()
      .nullable()
      .meta({
        description:
          'In the language of Accept-Language: a reason, what changed, or the id of what it came with (a payment, a ' +
          'contract, a refund, instances).',
      }),
  })
  .meta({ id: 'OrderHistoryEntry' });

interface Reader {
  readonly actor: Actor;
  readonly locale: Locale;
  /** Where the provider is. */
  readonly timeZone: string;
}

export const toHistoryEntry = (line: HistoryLine, reader: Reader): z.input<typeof HistoryEntry> => ({
  ...line,
  note: noteFor(line, reader),
  at: line.at.toISOString(),
  actor: maskActor(reader.actor, line.actor),
});

const ofTheProvider = ['fulfilment_failed', 'period_corrected', 'place_reported'];
const instants = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
/** As `correctPeriod` writes it. */
const reported = /^(?<instanceId>.+?), report (?<version>\d+) by (?<by>\S+?)(?<times>: .*)?$/;
const list: Readonly<Record<Locale, string>> = { en: ', ', 'zh-CN': '、' };

/** Words and names of the provider's services are for the provider alone (NTF-1). */
function noteFor({ change, actor, note }: HistoryLine, reader: Reader): string | null {
  if (note === null || (reader.actor.kind === 'customer' && ofTheProvider.includes(change))) return null;
  const { locale } = reader;
  switch (change) {
    // A person's reason is in his own words, whatever they are.
    case 'cancelled':
      return /^(customer|operator):/.test(actor) ? note : worded('cancelReason', note, locale);
    case 'facts_changed':
      return note
        .split(', ')
        .map((name) => worded('orderFact', name, locale))
        .join(list[locale]);
    case 'pay_by_moved':
      return withTimes(note, reader);
    case 'period_corrected':
    case 'place_reported':
      return reportNote(note, locale);
    default:
      return note;
  }
}

const worded = (fact: string, value: string, locale: Locale) => wordOf(fact, value, locale) ?? value;

/** Times on the provider's clock, as on paper. */
function withTimes(note: string, { timeZone, locale }: Reader): string {
  const write = minuteWriter(timeZone);
  const zone = locale === 'en' ? ` (${timeZone})` : `（${timeZone}）`;
  const local = note.replaceAll(instants, (time) => write(new Date(time)));
  return local === note ? note : local + zone;
}

function reportNote(note: string, locale: Locale): string {
  const { instanceId, version, by, times = '' } = reported.exec(note)?.groups ?? {};
  return locale === 'en' || version === undefined
    ? note
    : `${instanceId}，${by} 第 ${version} 次上报${times.replace(/^: /, '：')}`;
}
