import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from './start-waits.ts';

/** Shorter than the second that Kubernetes gives a probe. */
const answersWithinMs = 800;
const toleratedMs = 10_000;

/** How time goes by; a test has its own. */
interface Time {
  /** ms since some moment. */
  now(): number;
  wait(ms: number): Promise<unknown>;
}

const realTime: Time = {
  now: () => performance.now(),
  wait: (ms) => sleep(ms, undefined, { ref: false }),
};

/**
 * Whether the database can be used, for a readiness probe: refused, it is away at once (API-12); silent, it is
 * only slow, and away once nothing was heard of it for 10 s. So one slow answer takes no instance out, and never
 * all of them. One question at a time is under way, whoever asks.
 *
 * @param ask the question; throws where there is no answer.
 * @returns why it cannot be used; undefined where it can.
 */
export function databaseReadiness(
  ask: () => Promise<void>,
  { now, wait }: Time = realTime,
): () => Promise<string | undefined> {
  let answeredAt = now();
  let underWay: Promise<string | undefined> | undefined;
  const silence = () => {
    const silentMs = now() - answeredAt;
    return silentMs > toleratedMs ? `no answer for ${Math.floor(silentMs / 1_000)} s` : undefined;
  };
  const question = async () => {
    const askedAt = now();
    try {
      await ask();
      answeredAt = now();
      return undefined;
    } catch (error) {
      return now() - askedAt > answersWithinMs ? silence() : reasonOf(error);
    } finally {
      underWay = undefined;
    }
  };
  return () => {
    underWay ??= question();
    return Promise.race([underWay, wait(answersWithinMs).then(silence)]);
  };
}
