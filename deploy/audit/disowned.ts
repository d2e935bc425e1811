import type { Connection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';

/** Of all services: identities (id and source) of events that count as never told (docs/restore.md). */
export async function listDisowned(connection: Connection): Promise<ReadonlySet<string>> {
  const ofEach = Object.values(schemas).map(
    (schema) => `select event_id || ' ' || source as identity from ${schema}.disowned_events`,
  );
  const { rows } = await connection.query<{ identity: string }>(ofEach.join(' union '));
  return new Set(rows.map(({ identity }) => identity));
}
