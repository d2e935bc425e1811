import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface FreshFiles<T> {
  /** Their contents as they are now; a password may be among them. */
  readonly read: () => Promise<readonly (Buffer | string)[]>;
  /** @throws Error where they cannot be used. */
  readonly make: (contents: readonly (Buffer | string)[]) => Promise<T>;
  /** For the log: `seal key`. */
  readonly name: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Default: 5 s. */
  readonly everyMs?: number;
  /** Ends the looking; without it the life of the process does. */
  readonly signal?: AbortSignal;
}

/**
 * Made of some files, and made anew once something in them changes, by whatever way: written over, or a symbolic link
 * that leads elsewhere, as Kubernetes has it. A file that is away, half written or wrong changes nothing, and
 * that is told once; the next look may find it whole (API-17).
 *
 * @throws Error at the first time, where they cannot be used.
 */
export async function freshOf<T>(files: FreshFiles<T>): Promise<() => T> {
  const { read, make, name, log, everyMs = 5_000, signal } = files;
  let contents = await read();
  let made = await make(contents);
  let told: string | undefined;
  const look = async () => {
    try {
      const next = await read();
      if (next.every((one, i) => Buffer.from(one).equals(Buffer.from(contents[i]!))))
        return void (told = undefined);
      made = await make(next);
      [contents, told] = [next, undefined];
      log.info({ name }, 'a file of the seal was replaced and is taken');
    } catch (error) {
      const reason = (error as Error).message;
      if (reason !== told)
        log.warn({ name, reason }, 'a file of the seal cannot be taken: the one before goes on');
      told = reason;
    }
  };
  void (async () => {
    while (!signal?.aborted) {
      await sleep(everyMs, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined);
      if (!signal?.aborted) await look();
    }
  })();
  return () => made;
}
