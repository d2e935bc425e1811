import { setTimeout as sleep } from 'node:timers/promises';
import { breaches, startSystem } from '@accord/local';
import { folder, hurried, runStory, removeFolders } from './story.ts';

afterAll(removeFolders);

test(
  'EVT-7 EVT-8 EVT-12 EVT-35 every service is killed in the middle of the story, and once again, ' +
    'and the story ends as if nothing had happened',
  async () => {
    const system = await startSystem({ dataDir: folder(), profile: hurried('baidu', 'PT40S') });
    try {
      let over = false;
      // A mail whose sending was cut short is not tried again before its lease of a minute has run out.
      const story = runStory({ system, profile: 'baidu', patienceMs: 240_000 }).finally(() => (over = true));
      const kills: string[] = [];
      const killing = (async () => {
        const services = Object.values(system.services);
        for (let turn = 0; turn < 2 * services.length; turn += 1) {
          await sleep(2_000 + Math.random() * 2_500);
          if (over) return;
          const service = services[turn % services.length]!;
          await service.kill('SIGKILL');
          kills.push(service.name);
          await sleep(200);
          await service.restart();
        }
      })();
      await Promise.all([story, killing]);
      expect(new Set(kills).size).toBe(4);
      expect(await breaches(system.databaseUrl, { settleMs: 180_000 })).toEqual([]);
    } finally {
      await system.stop();
    }
  },
  900_000,
);
