import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** All that a start needs of others and does not have yet. */
export interface StartWaits {
  /** `postgres: connect ECONNREFUSED 10.0.0.7:5432`, one for each; none once all is there. */
  reasons(): readonly string[];
  /**
   * Tries until it succeeds, however long that takes; why it waits is told by a log line each time that changes.
   *
   * @param mends whether an error may be gone at a later try; default: every error.
   * @throws the first error that no waiting mends, of this or of another that is tried beside it.
   */
  until(what: string, attempt: () => Promise<void>, mends?: (error: unknown) => boolean): Promise<void>;
}

const longestRestMs = 2_000;

/** The cause that an error names, in one line: a refused connection to several addresses has a code alone. */
export function reasonOf(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: unknown };
  const own = (message || code || String(error)).replaceAll(/\s*\n\s*/g, '; ');
  return own === 'fetch failed' && cause ? reasonOf(cause) : own;
}

export function startWaits(log: Logger): StartWaits {
  let hopeless: { readonly error: unknown } | undefined;
  const waiting = new Map<string, string>();
  return {
    reasons: () => [...waiting].map(([what, reason]) => `${what}: ${reason}`),
    async until(what, attempt, mends = () => true) {
      waiting.set(what, 'not asked yet');
      for (let failures = 0; ; failures += 1) {
        if (hopeless) throw hopeless.error;
        try {
          await attempt();
          waiting.delete(what);
          if (failures > 0) log.info({ waitedFor: what, failures }, 'the start goes on');
          return;
        } catch (error) {
          if (!mends(error)) hopeless = { error };
          if (hopeless) throw hopeless.error;
          const reason = reasonOf(error);
          if (waiting.get(what) !== reason) log.warn({ waitsFor: what, reason }, 'the start waits');
          waiting.set(what, reason);
          await sleep(Math.min(longestRestMs, 50 * 2 ** failures));
        }
      }
    },
  };
}
