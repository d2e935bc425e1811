import { pino } from 'pino';
import type { ReadModel } from '@accord/messaging';
import { rebuild, type RebuildAsk, type Rebuilt } from '@accord/messaging/rebuild';
import { rowsOf } from './rows.ts';
import type { TestService } from './test-service.ts';

/** Rebuilds read models of a running service, as its command does (EVT-13). */
export const rebuildOf = (
  t: TestService,
  models: readonly ReadModel[],
  more: Partial<RebuildAsk> = {},
): Promise<Rebuilt> =>
  rebuild({
    service: t.running.service.name,
    models,
    ownerUrl: t.database.urls.owner,
    brokers: t.running.settings.ACCORD_KAFKA_BROKERS,
    topicPrefix: t.topicPrefix,
    log: pino({ level: 'silent' }),
    settleMs: 100,
    ...more,
  });

/** A service's rows, but for those of the inbox, and the number of events that it announced. */
export async function knowledgeOf(t: TestService): Promise<unknown> {
  await t.settled();
  const tables = JSON.parse(await rowsOf(t)) as { name: string }[];
  return { said: t.events.length, tables: tables.filter(({ name }) => name !== 'inbox') };
}
