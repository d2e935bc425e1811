import { z } from 'zod';
import { Refusal } from '@accord/core';
import { eventTypes, type Event } from '@accord/events';
import { AccountTelling } from '@accord/events/account';
import { eventsAbout, keepNewest, type ProjectionWriter, type ReadModel } from '@accord/messaging';
import { insertTimelineEvent } from './timeline/timeline-store.ts';
import { linksOf, timelineEvent } from './timeline/timeline.ts';

const isRestated = ({ restatedFrom }: Event) => restatedFrom !== undefined;

/** An event that belongs to no account concerns nobody here. */
function tell(writer: ProjectionWriter, event: Event): void {
  const { accountId } = event.subject;
  if (accountId !== undefined)
    insertTimelineEvent(writer, timelineEvent(event, accountId), linksOf(event.data), isRestated(event));
}

/** NTF-11. */
const timeline: ReadModel = {
  name: 'timeline',
  keepsHistory: true,
  tables: ['timeline_events', 'timeline_links'],
  projections: Object.fromEntries(eventTypes.map((type) => [type, { on: tell }])),
};

const keepContacts = keepNewest({ table: 'contacts', key: 'account_id', columns: ['contacts'] });

/**
 * Of the platform's version; an older one changes nothing. @throws Refusal `account.unfit` as the contract
 * service does.
 */
function seeContacts(writer: ProjectionWriter, { data }: Event<'account.updated'>): void {
  const { data: told, error } = AccountTelling.safeParse(data.account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  keepContacts(writer, [{ account_id: told.accountId, version: told.version, contacts: told.contacts }]);
}

/** NTF-2: whom to tell. */
const contacts: ReadModel = {
  name: 'contacts',
  tables: ['contacts'],
  projections: eventsAbout('account', { on: seeContacts }),
};

export const readModels: readonly ReadModel[] = [timeline, contacts];

declare module '@accord/core' {
  interface RefusalCodes {
    /** No caller gets it: an event is refused by it. */
    'account.unfit': true;
  }
}
