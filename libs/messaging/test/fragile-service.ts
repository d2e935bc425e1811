// A service as a process of its own, which some events end. ACCORD_SETTINGS has its settings as JSON,
// ACCORD_ADDRESSES those of its roles in the database.
import { constant } from '@accord/core/runtime';
import { startService, type PlatformSettings } from '@accord/platform';
import { smallService } from '@accord/testing';

const small = smallService({
  'webhook.disabled': {
    async on(tx, { subject, data }) {
      await tx.one('insert into seen (account_id, key, version) values ($1, $2, $3)', [
        subject.accountId,
        subject.id,
        subject.version,
      ]);
      if (data.reason === 'kill') process.kill(process.pid, 'SIGKILL');
      if (data.reason === 'fail, then kill') {
        // An account sees no parked events.
        await tx.one(`select set_config('accord.account', '', true)`);
        const [parked] = await tx.many<{ parked: string }>('select count(*) as parked from parked_events');
        if (Number(parked!.parked) > 0) process.kill(process.pid, 'SIGKILL');
        throw new Error('not yet');
      }
    },
  },
});

const settings = JSON.parse(process.env['ACCORD_SETTINGS']!) as PlatformSettings;
const [url, operatorUrl] = JSON.parse(process.env['ACCORD_ADDRESSES']!) as [string, string];
await startService(
  { ...settings, ACCORD_DATABASE_URL: constant(url), ACCORD_OPERATOR_DATABASE_URL: constant(operatorUrl) },
  () => small,
);
