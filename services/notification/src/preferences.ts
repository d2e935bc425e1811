import { expectVersion, type Tx } from '@accord/core';
import { wakeHeld } from './delivery/delivery-store.ts';
import { lockPreferences, savePreferences } from './preference/preference-store.ts';
import { choose, type Preferences } from './preference/preference.ts';

// How an account wants to be told (NTF-4). It holds for what is sent from now on: sending.ts asks when it takes a
// message up, so that one which waits or failed is judged anew.

interface Choice extends Pick<Preferences, 'switchedOff' | 'unsubscribed' | 'quietHours'> {
  readonly accountId: string;
  /** The versions that the caller saw, where it said so. */
  readonly ifMatch: readonly number[] | undefined;
}

/** @throws Refusal `preference.mandatory`, `request.version_mismatch` */
export async function choosePreferences(
  tx: Tx,
  { accountId, ifMatch, ...chosen }: Choice,
): Promise<Preferences> {
  const preferences = await lockPreferences(tx, accountId);
  expectVersion(ifMatch, preferences.version);
  wakeHeld(tx, accountId);
  return savePreferences(tx, choose(preferences, chosen));
}
