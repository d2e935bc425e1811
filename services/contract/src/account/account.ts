import type { z } from 'zod';
import type { AccountFacts } from '@accord/events/account';
import { isReadable } from '@accord/events/fields';

export type Account = z.infer<typeof AccountFacts>;

/** Party A as a contract keeps it (CTR-9). */
export interface Party {
  readonly name: string;
  readonly certificate: string | null;
  readonly address: string | null;
  readonly contact: string | null;
}

export const partyOf = (account: Account & { certifiedName: string }): Party => ({
  name: account.certifiedName,
  certificate: account.certificate,
  address: account.address && account.address.address,
  contact: account.address && `${account.address.recipient} ${account.address.phone}`,
});

/** By a name that a document shows: a name of invisible characters is none. */
export const isCertified = (account: Account | undefined): account is Account & { certifiedName: string } =>
  isReadable(account?.certifiedName ?? '');
