import { makeLog } from '@accord/core/observability';
import type { PlatformSettings } from './settings.ts';
import { startService, type Make, type RunningService } from './start-service.ts';
import { reasonOf } from './start-waits.ts';

/** For the work under way, beside the time of the drain. */
const endsWithinMs = 9_500;

/**
 * The whole life of a service's process. It starts, and waits for what is not there yet: ready it is only then. On
 * SIGTERM or SIGINT it drains and ends with 0; with 1 on a second one, or where the work under way does not end in
 * time. Where no waiting would help, as with a setting that is wrong, it ends with 1. Each end is told by one line
 * of the log.
 *
 * @param read reads the settings from the environment; throws where they are missing or wrong.
 */
export async function runService<S extends PlatformSettings>(read: () => S, make: Make<S>): Promise<void> {
  let running: RunningService | undefined;
  let ending = false;
  const end = () => {
    // A start has begun nothing that would have to end, and a migration that is cut off leaves nothing.
    if (!running) process.exit(0);
    if (ending) process.exit(1);
    ending = true;
    setTimeout(() => process.exit(1), running.settings.ACCORD_DRAIN_MS + endsWithinMs).unref();
    void running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('uncaughtException', (error) => {
    makeLog().fatal({ err: error }, 'the process ends over an error');
    process.exit(1);
  });
  try {
    running = await startService(read(), make, { ofProcess: true });
  } catch (error) {
    makeLog().fatal({ reason: reasonOf(error) }, 'cannot start');
    process.exit(1);
  }
}
