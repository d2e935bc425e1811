import { pino } from 'pino';
import { eventTypes } from '@accord/events';
import { serviceNames } from '@accord/events/services';
import { deadLetterTopic } from '@accord/events/topics';
import { openAdmin, openKafka } from '@accord/kafka';
import { connect, type OwnConnection } from '@accord/postgres';

/** Every topic of the system, without prefix. */
export const topics: readonly string[] = [...eventTypes, ...serviceNames.map(deadLetterTopic)];

/** The URL of another database of the same server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Makes the database where it does not exist. */
export const makeDatabase = (serverUrl: string, database: string) =>
  asSuperuser(serverUrl, async (connection) => {
    const { rowCount } = await connection.query('select from pg_database where datname = $1', [database]);
    if (rowCount === 0) await connection.query(`create database ${connection.escapeIdentifier(database)}`);
  });

/** Drops the database with everything in it, whoever is connected. */
export const dropDatabase = (serverUrl: string, database: string) =>
  asSuperuser(serverUrl, (connection) =>
    connection.query(`drop database if exists ${connection.escapeIdentifier(database)} with (force)`),
  );

/** On a connection of its own, as the role that the URL names. */
export async function asSuperuser<T>(
  url: string,
  work: (connection: OwnConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect(url);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

/** Deletes the system's topics and consumer groups. */
export async function dropTopics(brokers: string, topicPrefix: string): Promise<void> {
  const log = pino({ level: 'silent' });
  const admin = await openAdmin(
    openKafka({ clientId: 'accord-local', brokers: brokers.split(','), topicPrefix, log }),
  );
  try {
    const existing = await admin.topics();
    const dropped = topics.filter((topic) => existing.has(topic));
    if (dropped.length > 0) await admin.deleteTopics(dropped);
    const groups = await admin.groups();
    // A killed member is still counted for some seconds; its group, without topics, harms nobody.
    await admin.deleteGroups(
      serviceNames.map((name) => `accord.${name}`).filter((group) => groups.has(group)),
    );
  } finally {
    await admin.close();
  }
}
