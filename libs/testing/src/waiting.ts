import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Looks again and again until `done` is true.
 *
 * @param what names the thing waited for; a function is called at the end and says how far it has come.
 * @throws Error after `atMostMs`.
 */
export async function until(
  what: string | (() => Promise<string>),
  done: () => Promise<boolean> | boolean,
  { atMostMs = 200_000, everyMs = 10 }: { readonly atMostMs?: number; readonly everyMs?: number } = {},
): Promise<void> {
  for (const started = performance.now(); !(await done()); await sleep(everyMs)) {
    if (performance.now() - started > atMostMs)
      throw new Error(`waited in vain: ${typeof what === 'string' ? what : await what()}`);
  }
}
