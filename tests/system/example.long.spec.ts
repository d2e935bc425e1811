import { breaches, startSystem } from '@accord/local';
import { folder, hurried, runStory, removeFolders } from './story.ts';

afterAll(removeFolders);

// The story of the third shipped profile, which is no provider's. As baidu and alibaba it is played in every run of the
// tests (audit.e2e.spec.ts, story.e2e.spec.ts).

test('RFD-6 RFD-8 ORD-24 by the hour and with fees the story goes as documented, the four agree', async () => {
  const system = await startSystem({ dataDir: folder(), profile: hurried('example', 'PT10S') });
  try {
    const told = await runStory({ system, profile: 'example' });
    expect(told).toMatch(/45\.00 for \d{3} hours, 1\d\d of them used, less 10 %: \d\d\.\d\d \(RFD-7\)/);
    expect(told).toMatch(/138\.00 instead of 45\.00 for \d{3} of \d{3} hours: .* \(ORD-24\)/);
    expect(told).toMatch(/45\.00 is back, the server ends .* \(RFD-9\)/);
    expect(await breaches(system.databaseUrl, { settleMs: 60_000 })).toEqual([]);
  } finally {
    await system.stop();
  }
}, 300_000);
