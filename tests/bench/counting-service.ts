// The counting service as a process of its own; says when it has joined its group.
import { startService, type PlatformSettings } from '@accord/platform';
import { countingService, type Counting } from './counting.ts';

export interface CountingAsk extends Counting {
  readonly settings: PlatformSettings;
}

process.once('message', async ({ settings, ...how }: CountingAsk) => {
  const running = await startService(settings, () => countingService(how));
  await running.joined;
  process.send!({ joinedAt: Date.now() });
  process.once('SIGTERM', () => void running.stop().then(() => process.exit()));
});
