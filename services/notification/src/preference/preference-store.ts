import { actorId, type Tx } from '@accord/core';
import { defaultPreferences, type Preferences } from './preference.ts';

const columns = `account_id as "accountId", version, switched_off as "switchedOff", unsubscribed,
  quiet_hours as "quietHours"`;

/** The default of an account that never chose. */
export async function getPreferences(tx: Tx, accountId: string): Promise<Preferences> {
  const text = `select ${columns} from preferences where account_id = $1`;
  return (await tx.one<Preferences>(text, [accountId])) ?? defaultPreferences(accountId);
}

/** For update. */
export async function lockPreferences(tx: Tx, accountId: string): Promise<Preferences> {
  tx.write(
    `insert into preferences (account_id, version, switched_off, unsubscribed, changed_at, changed_by)
     values ($1, 1, '[]', '[]', $2, $3) on conflict (account_id) do nothing`,
    [accountId, tx.now, actorId(tx.actor)],
  );
  const text = `select ${columns} from preferences where account_id = $1 for update`;
  return (await tx.one<Preferences>(text, [accountId]))!;
}

export function savePreferences(tx: Tx, preferences: Preferences): Preferences {
  const { accountId, version, switchedOff, unsubscribed, quietHours } = preferences;
  tx.write(
    `update preferences set version = $2, switched_off = $3, unsubscribed = $4, quiet_hours = $5, changed_at = $6,
       changed_by = $7 where account_id = $1`,
    [
      accountId,
      version,
      JSON.stringify(switchedOff),
      JSON.stringify(unsubscribed),
      quietHours && JSON.stringify(quietHours),
      tx.now,
      actorId(tx.actor),
    ],
  );
  return preferences;
}
