import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chanceOf } from '../chance.ts';
import { flawsOfEffects, published, settled } from './checker.ts';
import { startCrowd } from './clients.ts';
import { announcerOf } from './events.ts';
import { scenarios } from './scenarios.ts';

const home = mkdtempSync(join(tmpdir(), 'accord-instances-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const crowdAt = (place: string) =>
  startCrowd({
    postgresUrl: process.env['ACCORD_POSTGRES_URL']!,
    brokers: process.env['ACCORD_KAFKA_BROKERS']!,
    doors: [],
    home: join(home, place),
  });

test(
  'EVT-7 EVT-8 EVT-9 EVT-11 EVT-12 processes join, leave in the middle of failing events and are ' +
    'killed under load: nothing lost, nothing doubled, order of each key kept',
  async () => {
    const crowd = await crowdAt('all');
    try {
      const announcer = announcerOf(crowd, { chance: chanceOf(7) });
      const load = announcer.start(800);
      const [one, two] = await Promise.all([crowd.start(), crowd.start({ stumbles: 0.05 })]);
      await Promise.all([crowd.start(), one.stop('SIGKILL')]);
      await two.stop();
      await load.stop();
      await settled(crowd, announcer.announced);
      expect(await flawsOfEffects(crowd, announcer.announced)).toEqual([]);
      expect((await published(crowd, announcer.announced)).flaws).toEqual([]);
      expect([...announcer.announced.values()].reduce((sum, versions) => sum + versions)).toBeGreaterThan(
        1_000,
      );
    } finally {
      await crowd.stop();
    }
  },
);

test.concurrent.each(['the publisher is stopped', 'the publisher is cut off from Postgres'])(
  'EVT-7 %s: another has its shards within 15 s, and nothing is overtaken when the old owner wakes up',
  async (name) => {
    const crowd = await crowdAt(name);
    try {
      const { announced } = await scenarios
        .find((scenario) => scenario.name === name)!
        .run(crowd, { chance: chanceOf(7), ms: 0, perSecond: 100 });
      await settled(crowd, announced);
      expect([
        ...(await flawsOfEffects(crowd, announced)),
        ...(await published(crowd, announced)).flaws,
      ]).toEqual([]);
    } finally {
      await crowd.stop();
    }
  },
);
