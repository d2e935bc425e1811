import { setTimeout as sleep } from 'node:timers/promises';
import { shards } from '@accord/messaging';
import type { Weather } from '@accord/testing/proxy';
import type { Chance } from '../chance.ts';
import type { Crowd, Instance } from './clients.ts';
import { announcerOf, outsiderOf, type Announced, type Announcer } from './events.ts';

/**
 * A thing that happens to the instances while events flow. In any of them nothing is lost, nothing doubled,
 * nothing overtaken.
 */
export interface Scenario {
  readonly name: string;
  /**
   * Resolves with all that was announced, and with what was seen, in words. @throws Error where a promise
   * about time was not kept.
   */
  run(
    crowd: Crowd,
    ask: { chance: Chance; ms: number; perSecond?: number },
  ): Promise<{ announced: Announced; seen: string; lateRepeatsExpected?: boolean }>;
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
/** Longer than a session in the group, and than Postgres keeps a silent session. */
const longStopMs = 17_000;
const mostInstances = 4;

const running = ({ instances }: Crowd) => instances.filter((instance) => instance.running());

/** Joins, leaves, kills and stops by chance, one after the other. */
const comings: Scenario = {
  name: 'instances join, leave, are killed and stopped',
  async run(crowd, { chance, ms }) {
    await Promise.all([crowd.start({ stumbles: 0.002 }), crowd.start()]);
    const announcer = announcerOf(crowd, { chance });
    const load = announcer.start(500);
    const counts = { join: 0, leave: 0, kill: 0, stop: 0 };
    const acts = {
      join: () => crowd.start({ stumbles: 0.002 }),
      leave: () => chance.of(running(crowd)).stop('SIGTERM'),
      kill: () => chance.of(running(crowd)).stop('SIGKILL'),
      stop: () => stopped(chance.of(running(crowd)), 3_500),
    };
    for (
      const began = performance.now();
      performance.now() - began < ms;
      await sleep(300 + chance.below(1_500))
    ) {
      const there = running(crowd).length;
      const act =
        there < 2
          ? 'join'
          : chance.of(
              there >= mostInstances
                ? (['leave', 'kill', 'stop'] as const)
                : (['join', 'join', 'leave', 'kill', 'stop'] as const),
            );
      await acts[act]();
      counts[act] += 1;
    }
    await load.stop();
    return {
      announced: announcer.announced,
      seen: `${counts.join} joined, ${counts.leave} left, ${counts.kill} killed, ${counts.stop} stopped for 3.5 s`,
    };
  },
};

async function stopped(instance: Instance, ms: number): Promise<void> {
  instance.signal('SIGSTOP');
  await sleep(ms);
  instance.signal('SIGCONT');
}

/** How many shards each instance publishes. */
async function publishers({ sql }: Crowd): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ name: string; shards: number }>(
    `select application_name as name, count(*)::int as shards from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and objsubid = 2 and granted and datname = current_database() group by 1`,
  );
  return new Map(rows.map(({ name, shards }) => [name, shards]));
}

async function untilPublishers(
  crowd: Crowd,
  fit: (shardsOf: ReadonlyMap<string, number>) => boolean,
): Promise<void> {
  const began = performance.now();
  for (; !fit(await publishers(crowd)); await sleep(5)) {
    if (performance.now() - began > 60_000)
      throw new Error(`after 60 s the publishers are ${JSON.stringify([...(await publishers(crowd))])}`);
  }
}

interface Blow {
  begin(owner: Instance): void;
  end(owner: Instance): void;
}

const killed: Blow = { begin: (owner) => owner.signal('SIGKILL'), end: () => undefined };
const paused: Blow = { begin: (owner) => owner.signal('SIGSTOP'), end: (owner) => owner.signal('SIGCONT') };
/**
 * The kernel of a stopped process takes a few megabytes more; ours is taken to be full, so that Postgres has
 * to wait.
 */
const pausedWithFullBuffers: Blow = {
  begin(owner) {
    paused.begin(owner);
    owner.postgres.become('half open');
  },
  end(owner) {
    owner.postgres.become('fair');
    paused.end(owner);
  },
};
const cutOff = (weather: Weather): Blow => ({
  begin: ({ postgres }) => postgres.become(weather),
  end: ({ postgres }) => postgres.become('fair'),
});
/** Its batch is under way to the broker all the while. */
const held: Blow = {
  begin({ postgres, kafka }) {
    kafka!.become('silent');
    setTimeout(() => postgres.become('silent'), 500);
  },
  end({ postgres, kafka }) {
    kafka!.become('fair');
    setTimeout(() => postgres.become('fair'), 1_000);
  },
};

const holdsAll = (crowd: Crowd, instance: Instance) =>
  untilPublishers(crowd, (shardsOf) => shardsOf.get(instance.name) === shards);

/**
 * Something happens to the instance that publishes all; another has its shards within 15 s, and then it comes
 * back.
 */
const takeover = (
  name: string,
  blow: Blow,
  { large = false, lateRepeatsExpected = false } = {},
): Scenario => ({
  name,
  async run(crowd, { chance, perSecond = 500 }) {
    const announcer = announcerOf(crowd, { chance, bytes: large ? 850_000 : 100 });
    const owner = await crowd.start();
    await holdsAll(crowd, owner);
    if (large) await inTheMiddle(crowd, announcer, owner, blow);
    const began = performance.now();
    const other = await crowd.start();
    const load = announcer.start(large ? 2 : perSecond);
    if (!large) await sleep(1_500 + chance.below(500));
    if (!large) blow.begin(owner);
    const struck = large ? began : performance.now();
    await holdsAll(crowd, other);
    const tookMs = performance.now() - struck;
    await sleep(Math.max(3_000, longStopMs - tookMs));
    blow.end(owner);
    await sleep(3_000);
    await load.stop();
    if (tookMs > 15_000) throw new Error(`another instance had the shards after ${seconds(tookMs)}`);
    return {
      announced: announcer.announced,
      seen: `taken over after ${seconds(tookMs)}`,
      lateRepeatsExpected,
    };
  },
});

const takesNoMore = `select exists (select from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and objsubid = 2 and datname = current_database()
  and wait_event = 'ClientWrite') as there`;

/**
 * Strikes when Postgres has more to say to a new connection than the network keeps: its session is not idle
 * then, and no limit on statements ends it.
 *
 * @throws Error where it never comes to that.
 */
async function inTheMiddle(
  crowd: Crowd,
  announcer: Announcer,
  owner: Instance,
  { begin, end }: Blow,
): Promise<void> {
  for (let tried = 0; tried < 40; tried += 1) {
    owner.postgres.become('away');
    await announcer.announce(16);
    owner.postgres.become('fair');
    await holdsAll(crowd, owner);
    await sleep(tried * 4);
    begin(owner);
    await sleep(500);
    if ((await crowd.sql<{ there: boolean }>(takesNoMore))[0]!.there) return;
    end(owner);
    await sleep(500);
  }
  throw new Error('Postgres was never stopped in the middle of an answer');
}

const takeovers: readonly Scenario[] = [
  takeover('the publisher is killed', killed),
  takeover('the publisher is stopped', paused),
  takeover('the publisher is stopped in the middle of a large answer from Postgres', pausedWithFullBuffers, {
    large: true,
  }),
  takeover('the publisher is cut off from Postgres', cutOff('silent')),
  takeover('the publisher is cut off in the middle of a large answer from Postgres', cutOff('half open'), {
    large: true,
  }),
  takeover("the publisher's batch reaches the broker after what others published", held, {
    lateRepeatsExpected: true,
  }),
];

/**
 * An older version that does not know one of the topics, and a newer one: while both run, and when the older
 * ones have gone.
 */
const versions: Scenario = {
  name: 'a newer version hears one topic more',
  async run(crowd, { chance, ms }) {
    const older = await Promise.all([
      crowd.start({ hears: ['webhook.disabled'] }),
      crowd.start({ hears: ['webhook.disabled'] }),
    ]);
    const announcer = announcerOf(crowd, { chance });
    const load = announcer.start(300);
    await sleep(1_000);
    const newer = () => crowd.start({ stumbles: 0.02 });
    await newer();
    const began = performance.now();
    const heard = () =>
      crowd.sql<{ there: boolean }>(`select exists (select from seen where key = 'key_1') as there`);
    while (!(await heard())[0]!.there) {
      if (performance.now() - began > 15_000)
        throw new Error('nobody hears the new topic while both versions run');
      await sleep(50);
    }
    const heardMs = performance.now() - began;
    await sleep(ms / 2);
    for (const instance of older) {
      await newer();
      await instance.stop();
    }
    await sleep(1_000);
    await load.stop();
    return {
      announced: announcer.announced,
      seen: `the new topic was heard ${seconds(heardMs)} after the first newer instance had joined`,
    };
  },
};

/** Their markers and what was taken back lie between the events, and are nothing to wait for. */
const transactions: Scenario = {
  name: 'another program tells in transactions, and takes some of them back',
  async run(crowd, { chance, ms }) {
    await Promise.all([crowd.start({ stumbles: 0.002 }), crowd.start()]);
    const announcer = announcerOf(crowd, { chance });
    const outsider = outsiderOf(crowd, { chance });
    const load = announcer.start(300);
    const counts = { commit: 0, abort: 0 };
    for (const began = performance.now(); performance.now() - began < ms; await sleep(chance.below(200))) {
      const end = chance.of(['commit', 'abort'] as const);
      await outsider.tell(1 + chance.below(20), end);
      counts[end] += 1;
      if (chance.is(0.05)) {
        await chance.of(running(crowd)).stop(chance.of(['SIGTERM', 'SIGKILL'] as const));
        await crowd.start({ stumbles: 0.002 });
      }
    }
    await load.stop();
    return {
      announced: new Map([...announcer.announced, ...outsider.announced]),
      seen: `${counts.commit} transactions were kept, ${counts.abort} taken back`,
    };
  },
};

export const scenarios: readonly Scenario[] = [comings, ...takeovers, versions, transactions];
