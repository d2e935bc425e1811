import type { Actor, Tx } from '@accord/core';
import type { ServiceDatabase, Session } from '@accord/postgres';

/** Belongs to no account: sees the rows of messaging itself, and no account's rows. */
const actor: Actor = { kind: 'event', id: 'messaging' };
const noCause = { causationId: '', correlationId: '' };

/** Opens one transaction; each event handled in it acts under its own account. */
export const messagingSession = <T>(
  database: ServiceDatabase,
  work: (session: Session) => Promise<T>,
): Promise<T> => database.session(actor, work);

/** The session's transaction as messaging itself, for inbox, parked events and begun events. */
export const messagingTx = (session: Session): Tx => session.as(actor, noCause);

/** One transaction of messaging's own rows alone. */
export const messagingTransaction = <T>(
  database: ServiceDatabase,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => messagingSession(database, (session) => work(messagingTx(session)));
