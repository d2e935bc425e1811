/**
 * A customer sees `accountId` alone; an event and a worker act under the account they concern (API-5).
 */
export type Actor = {
  readonly kind: 'customer' | 'operator' | 'platform' | 'event' | 'system';
  /** Subject of the token, id of the event, or name of the worker. */
  readonly id: string;
  readonly accountId?: string;
};

/** `customer:usr_1`: the actor as histories, events and audit rows name it. */
export const actorId = ({ kind, id }: Pick<Actor, 'kind' | 'id'>): string => `${kind}:${id}`;

/**
 * Whether two actor ids name one subject, whatever the kind: an applicant stays the applicant when acting as an
 * operator.
 */
export const isSameSubject = (one: string, other: string): boolean => subjectOf(one) === subjectOf(other);

const subjectOf = (actor: string): string => actor.slice(actor.indexOf(':') + 1);
