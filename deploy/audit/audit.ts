import type { Logger } from 'pino';
import type { KafkaSecurity } from '@accord/kafka';
import type { DatabaseAddress } from '@accord/postgres';
import { openAuditor } from '@accord/postgres/command';
import type { Difference } from './check.ts';
import { databaseDifferences } from './differences.ts';
import { listDisowned } from './disowned.ts';
import { settle, type Settled } from './settling.ts';
import { factDifferences, ToldFacts } from './told-facts.ts';
import { openTopics } from './topics.ts';
import { Sightings, versionDifferences } from './versions.ts';

interface AuditAsk {
  /**
   * Of a role that reads all four schemas, `accord_auditor`; a replica that follows within the settle time
   * does as well.
   */
  readonly databaseUrl: DatabaseAddress;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly security?: KafkaSecurity;
  readonly log: Logger;
}

export interface Report extends Settled {
  /**
   * Messages read since it was opened, those among them that are no events, and aggregates whose versions
   * were compared.
   */
  readonly messages: number;
  readonly unreadable: number;
  readonly aggregates: number;
  readonly tookMs: number;
}

export interface Audit {
  /**
   * One round (EVT-37). @throws Error where the database or the broker is away; the next round begins anew.
   */
  round(ask: { settleMs: number }): Promise<Report>;
  close(): Promise<void>;
}

/**
 * Connects at the first round. Between rounds the topics' versions stay known: only new messages are read.
 */
export function openAudit(ask: AuditAsk): Audit {
  let open: Awaited<ReturnType<typeof openBoth>> | undefined;

  const close = async () => {
    const { connection, topics } = open ?? {};
    open = undefined;
    await Promise.allSettled([connection?.end(), topics?.close()]);
  };

  return {
    close,
    async round({ settleMs }) {
      const began = performance.now();
      try {
        const { connection, topics, sightings, facts } = (open ??= await openBoth(ask));
        let compared = 0;
        const look = async (): Promise<Difference[]> => {
          const ofTopics = await topics.catchUp();
          const { differences, aggregates } = await versionDifferences(connection, sightings);
          compared = aggregates;
          const lost = await factDifferences(connection, facts);
          return [...(await databaseDifferences(connection)), ...differences, ...lost, ...ofTopics];
        };
        const settled = await settle(look, { settleMs });
        return {
          ...settled,
          ...topics.read,
          aggregates: compared,
          tookMs: Math.round(performance.now() - began),
        };
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}

async function openBoth({ databaseUrl, ...kafka }: AuditAsk) {
  const connection = await openAuditor(databaseUrl, 'accord-audit');
  // A connection that is lost between two rounds is found out by the next one.
  connection.on('error', (error) => kafka.log.warn({ reason: error.message }, 'database connection lost'));
  try {
    const [sightings, facts] = [new Sightings(), new ToldFacts()];
    const disowned = await listDisowned(connection);
    return { connection, sightings, facts, topics: await openTopics(kafka, { sightings, facts, disowned }) };
  } catch (error) {
    await connection.end();
    throw error;
  }
}
