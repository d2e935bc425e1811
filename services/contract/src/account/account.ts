import type { z } from 'zod';
import type { AccountFacts } from '@accord/events/account';
import { isReadable } from '@accord/events/fields';
import type { PostalAddress } from './address-book.ts';

export type Account = z.infer<typeof AccountFacts>;

/** Party A as a contract keeps it (CTR-9); a draft may get another address and contact (CTR-11). */
export interface Party {
  readonly name: string;
  readonly certificate: string | null;
  readonly address: string | null;
  readonly contact: string | null;
}

export const partyOf = (account: Account & { certifiedName: string }): Party => ({
  name: account.certifiedName,
  certificate: account.certificate,
  ...(account.address ? addressOf(account.address) : { address: null, contact: null }),
});

/** As a document prints them (CTR-14). */
export const addressOf = ({ recipient, phone, address }: PostalAddress) => ({
  address,
  contact: `${recipient} ${phone}`,
});

/** By a name that a document shows: a name of invisible characters is none. */
export const isCertified = (account: Account | undefined): account is Account & { certifiedName: string } =>
  isReadable(account?.certifiedName ?? '');
