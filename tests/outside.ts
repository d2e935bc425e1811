import { rmSync } from 'node:fs';
import type { ServiceName } from '@accord/events/services';
import { startMailbox } from '@accord/local';
import { clientOf, startIssuer, type Client } from '@accord/testing';

// The surroundings of a whole system that a suite starts by its parts.

/** At the end of `started`; defer it first, so that nothing runs in them any more. */
export const removeAtEnd = (started: AsyncDisposableStack, folders: readonly string[]): void =>
  started.defer(() =>
    folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })),
  );

/** An issuer of tokens and a mail server, which end with `started`. */
export async function startOutside(started: AsyncDisposableStack) {
  const issuer = await startIssuer();
  started.defer(() => issuer.close());
  const mailbox = await startMailbox();
  started.defer(mailbox.stop);
  return { issuer: { ...issuer, audience: 'accord' }, mailbox };
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>;
type Claims = Parameters<Issuer['token']>[0];

/** The callers of a system, each with a client of every service that it calls. */
export interface Callers {
  customer(accountId: string): {
    readonly orders: Client;
    readonly contracts: Client;
    readonly refunds: Client;
  };
  platform(): { readonly orders: Client; readonly contracts: Client };
  operator(): Client;
}

/** @param clientAt a client of the service, or of one of its instances, with tokens of these claims. */
export const callersOf = (clientAt: (service: ServiceName, claims: Claims) => Client): Callers => ({
  customer(accountId) {
    const scope = ['orders', 'contracts', 'refunds'].map((of) => `${of}:read ${of}:write`).join(' ');
    const claims = { sub: `user_${accountId}`, account_id: accountId, scope };
    return {
      orders: clientAt('order', claims),
      contracts: clientAt('contract', claims),
      refunds: clientAt('refund', claims),
    };
  },
  platform() {
    const claims = { sub: 'platform', scope: 'platform' };
    return { orders: clientAt('order', claims), contracts: clientAt('contract', claims) };
  },
  operator: () => clientAt('order', operatorClaims),
});

export const operatorClaims: Claims = { sub: 'operator', scope: 'operator' };

/** As `callersOf` needs it, for services that are found by an address. */
export const clientsAt =
  (issuer: Issuer, urlOf: (service: ServiceName, claims: Claims) => string) =>
  (service: ServiceName, claims: Claims): Client =>
    clientOf(urlOf(service, claims), () => issuer.token(claims));
