// The counting service as a process of its own; says when it has joined its group.
import { type PlatformSettings, startService } from '@accord/platform';
import { countingService } from './counting.ts';

export interface CountingAsk {
  readonly settings: PlatformSettings;
  /** Keys that begin so always fail. */
  readonly failing?: string;
}

process.once('message', async ({ settings, ...how }: CountingAsk) => {
  const running = await startService(settings, () => countingService(how));
  await running.joined;
  process.send!({ joinedAt: Date.now() });
  process.once('SIGTERM', () => void running.stop().then(() => process.exit()));
});
