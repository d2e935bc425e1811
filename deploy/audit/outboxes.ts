import type { ServiceName } from '@accord/events/services';
import { schemas } from '@accord/postgres/provision';
import type { Check } from './check.ts';

/** The same of every service's schema. */
const ofEach = (select: (schema: string) => string) =>
  (Object.entries(schemas) as [ServiceName, string][])
    .map(([service, schema]) => `select *, '${service}' as mends from (${select(schema)}) ${schema}`)
    .join(' union all ');

/** Events that stay behind between a commit and its effect. */
export const outboxChecks: readonly Check[] = [
  {
    rule: 'EVT-34',
    says: 'when quiet, outboxes are empty',
    mends: 'order',
    sql: ofEach(
      (schema) =>
        `select event_id::text as id, type || ' of ' || key || ' is not published' as found from ${schema}.outbox`,
    ),
  },
  {
    rule: 'EVT-34',
    says: 'the broker takes every event',
    mends: 'order',
    sql: ofEach(
      (schema) =>
        `select event_id::text as id, type || ' of ' || key || ': ' || reason as found from ${schema}.outbox_refused`,
    ),
  },
  {
    rule: 'EVT-9',
    says: 'no event waits to be handled',
    mends: 'order',
    sql: ofEach(
      (schema) => `select event_id::text as id, source as mark,
        type || ' of ' || key || case when source = '' then '' else ' from ' || source end ||
          ' is ' || status || ' after ' || attempts || ' tries: ' || coalesce(reason, 'behind another') as found
        from ${schema}.parked_events`,
    ),
  },
];
