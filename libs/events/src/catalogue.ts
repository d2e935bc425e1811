import type { z } from 'zod';
import { accountEvents } from './account.ts';
import { contractEvents } from './contract.ts';
import type { EventDefinition, Subject } from './definition.ts';
import { exportEvents } from './export.ts';
import { notificationEvents } from './notification.ts';
import { orderEvents } from './order.ts';
import { paymentEvents, remittanceEvents } from './payment.ts';
import { platformEvents } from './platform.ts';
import { productEvents } from './product.ts';
import { refundEvents } from './refund.ts';
import { reservationEvents } from './reservation.ts';
import { resourceEvents } from './resource.ts';
import { ticketEvents } from './ticket.ts';

/**
 * Everything services say to each other, and the platform's facts, by topic. A service speaks only about its
 * own nouns.
 */
export const catalogue = {
  ...orderEvents,
  ...reservationEvents,
  ...paymentEvents,
  ...resourceEvents,
  ...productEvents,
  ...remittanceEvents,
  ...exportEvents,
  ...contractEvents,
  ...ticketEvents,
  ...accountEvents,
  ...refundEvents,
  ...notificationEvents,
  ...platformEvents,
};

export type EventType = keyof typeof catalogue;
export type Data<T extends EventType> = z.output<(typeof catalogue)[T]['data']>;
export const eventTypes = Object.keys(catalogue) as EventType[];

/** A change of state, as the domain says it. */
export type Fact<T extends EventType = EventType> = {
  [K in T]: { readonly type: K; readonly data: Data<K> };
}[T];

/** A fact on its way, with the id, time, actor and cause that the transaction added which announced it. */
export type Event<T extends EventType = EventType> = Fact<T> & {
  /** UUIDv7 (`ce_id`). Only together with the source it is one event's alone. */
  readonly id: string;
  /** `/services/order`: the speaker, as a URI reference (`ce_source`). */
  readonly source: string;
  readonly time: Date;
  /** `customer:usr_1`, `operator:…`, `platform:…`, `event:…`, `system:…`. */
  readonly actor: string;
  /** The id of the event, or of the request, that this one follows from. */
  readonly causationId: string;
  readonly correlationId: string;
  readonly subject: Subject;
  /**
   * Present where the aggregate's state is told again, after a database or topics were lost: the first of the
   * versions that this event stands for, up to its own. Nothing has happened (`ce_restatedfrom`).
   */
  readonly restatedFrom?: number;
};

/** The nouns that events are about. */
export type Aggregate = (typeof catalogue)[EventType]['aggregate'];

/** The event types about a noun; a new one becomes a member by its definition alone. */
export type EventAbout<A extends Aggregate> = {
  [T in EventType]: (typeof catalogue)[T]['aggregate'] extends A ? T : never;
}[EventType];

/** The same list at run time, in the order of the catalogue. */
export const eventTypesAbout = <A extends Aggregate>(aggregate: A): readonly EventAbout<A>[] =>
  eventTypes.filter((type): type is EventAbout<A> => catalogue[type].aggregate === aggregate);

/** The aggregate, its version and its account that the fact is about. */
export function subjectOf(fact: Fact): Subject {
  const { aggregate, about }: EventDefinition = catalogue[fact.type];
  return { aggregate, ...about(fact.data) };
}

/**
 * @throws ZodError where the data does not fit the type's schema (EVT-3). Unknown fields, written by a newer
 * version, are dropped.
 */
export const parseFact = (type: EventType, data: unknown): Fact =>
  ({ type, data: catalogue[type].data.parse(data) }) as Fact;
