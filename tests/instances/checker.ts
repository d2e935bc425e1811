import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openKafka, readTopics } from '@accord/kafka';
import { types, type Crowd } from './clients.ts';
import type { Announced } from './events.ts';

const count = (announced: Announced) => [...announced.values()].reduce((sum, versions) => sum + versions, 0);

/**
 * Until every event had its effect.
 *
 * @throws Error saying what is there, where that takes longer.
 */
export async function settled({ sql }: Crowd, announced: Announced, withinMs = 180_000): Promise<void> {
  const all = count(announced);
  const look = `select (select count(*) from seen)::int as seen, (select count(*)
    from parked_events)::int as parked, (select count(*) from outbox)::int as outbox`;
  for (const deadline = performance.now() + withinMs; ; await sleep(50)) {
    const [now] = await sql<{ seen: number; parked: number; outbox: number }>(look);
    if (now!.seen >= all && now!.parked === 0 && now!.outbox === 0) return;
    if (performance.now() > deadline) throw new Error(`of ${all} events: ${JSON.stringify(now)}`);
  }
}

/** Events lost, doubled or overtaken on their way into the database, a line each; empty where all is well. */
export async function flawsOfEffects({ sql }: Crowd, announced: Announced): Promise<string[]> {
  const overtaken = await sql<{ line: string }>(
    `select 'version ' || version || ' of ' || key || ' had its effect after ' || before as line from seen
      where version <> before + 1 order by at_seq limit 20`,
  );
  const kept = await sql<{ key: string; seen: number; versions: number }>(
    'select key, count(*)::int as seen, count(distinct version)::int as versions from seen group by key',
  );
  const keptOf = new Map(kept.map((row) => [row.key, row]));
  const wrong = [...announced].filter(
    ([key, versions]) => keptOf.get(key)?.seen !== versions || keptOf.get(key)?.versions !== versions,
  );
  return [
    ...overtaken.map(({ line }) => line),
    ...wrong.map(
      ([key, versions]) =>
        `of ${key} ${versions} were announced, ${JSON.stringify(keptOf.get(key))} had an effect`,
    ),
  ];
}

interface Published {
  /** Missing, or for the first time after a later one of their key; a line each. */
  readonly flaws: readonly string[];
  readonly repeats: number;
  /** Repeats that came when later ones of their key were there. */
  readonly lateRepeats: number;
}

/** The events on the topics (EVT-7): all at least once, each key in the order of first occurrences. */
export async function published({ brokers, topicPrefix }: Crowd, announced: Announced): Promise<Published> {
  const kafka = openKafka({
    brokers: [brokers],
    clientId: 'check',
    topicPrefix,
    log: pino({ level: 'silent' }),
  });
  const come = new Map<string, number>();
  const flaws: string[] = [];
  let [repeats, lateRepeats] = [0, 0];
  const see = (key: string, version: number) => {
    const last = come.get(key) ?? 0;
    if (version <= last) repeats += 1;
    if (version < last) lateRepeats += 1;
    if (version > last + 1) flaws.push(`version ${version} of ${key} was published after ${last}`);
    come.set(key, Math.max(last, version));
  };
  const reader = await readTopics(kafka, {
    reader: 'check',
    topics: types,
    onMessages(_topic, _partition, messages) {
      for (const { key, headers } of messages) see(key, Number(headers['ce_sequence']));
    },
  });
  await reader.untilRead(await reader.offsetRanges());
  await reader.close();
  for (const [key, versions] of announced)
    if (come.get(key) !== versions)
      flaws.push(`of ${key} ${versions} were announced, the last that is published is ${come.get(key)}`);
  return { flaws, repeats, lateRepeats };
}
