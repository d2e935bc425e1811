import { eventTypes, type Event } from '@accord/events';
import { eventsAbout, type ProjectionWriter, type ReadModel } from '@accord/messaging';
import { saveContacts } from './delivery/contact-store.ts';
import { insertTimelineEvent } from './timeline/timeline-store.ts';
import { linksOf, timelineEvent } from './timeline/timeline.ts';

/** An event that belongs to no account concerns nobody here. */
function tell(writer: ProjectionWriter, event: Event): void {
  const { accountId } = event.subject;
  if (accountId !== undefined)
    insertTimelineEvent(writer, timelineEvent(event, accountId), linksOf(event.data));
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
  projections: eventsAbout('account', { on: (writer, { data }) => saveContacts(writer, data.account) }),
};

export const readModels: readonly ReadModel[] = [timeline, contacts];
