import { eventTypes, type Event } from '@accord/events';
import type { ReadModel, View } from '@accord/platform';
import { saveContacts } from './contact-store.ts';
import { insertTimelineEvent } from './timeline-store.ts';
import { linksOf, timelineEvent } from './timeline.ts';

/** An event that belongs to no account concerns nobody here. */
function tell(view: View, event: Event): void {
  const { accountId } = event.subject;
  if (accountId !== undefined)
    insertTimelineEvent(view, timelineEvent(event, accountId), linksOf(event.data));
}

/** NTF-11. */
const timeline: ReadModel = {
  name: 'timeline',
  tables: ['timeline_events', 'timeline_links'],
  projections: Object.fromEntries(eventTypes.map((type) => [type, { on: tell }])),
};

/** NTF-2: whom to tell. */
const contacts: ReadModel = {
  name: 'contacts',
  tables: ['contacts'],
  projections: { 'account.updated': { on: (view, { data }) => saveContacts(view, data.account) } },
};

export const readModels: readonly ReadModel[] = [timeline, contacts];
