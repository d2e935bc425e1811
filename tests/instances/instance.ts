// One instance of a small service as a process of its own; ACCORD_INSTANCE has what it needs to know as JSON.
import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Subscriptions } from '@accord/messaging';
import { platformSettings, startService } from '@accord/platform';
import { smallService } from '@accord/testing';
import type { InstanceAsk } from './clients.ts';

process.once('disconnect', () => process.exit());
const { settings, hears, stumbles } = JSON.parse(process.env['ACCORD_INSTANCE']!) as InstanceAsk;

/** With the version that its key had come to, so that whatever is overtaken, lost or doubled shows. */
async function note(tx: Tx, { subject }: Event) {
  const { accountId, id, version } = subject;
  await tx.one(
    'insert into seen (account_id, key, version, before) select $1, $2, $3, coalesce(max(version), ' +
      '0) from seen where key = $2',
    [accountId, id, version],
  );
  if (Math.random() < stumbles) throw new Error('stumbled');
}

const subscriptions = Object.fromEntries(hears.map((type) => [type, { on: note }])) as Subscriptions;
const running = await startService(platformSettings.parse(settings), () => smallService(subscriptions));
await running.joined;
process.send!('joined');
process.once('SIGTERM', () => void running.stop().finally(() => process.exit()));
