import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Database, Locale } from '@accord/core';
import { replyOf, type Reply } from './reply.ts';
import type { Route } from './route.ts';

const longestWaitSeconds = 30;
const firstPauseMs = 10;
const longestPauseMs = 100;

/** Seconds of `Prefer: wait=5` (RFC 7240), at most 30; undefined where the caller does not wait. */
export function waitOf(prefer: string | undefined): number | undefined {
  const seconds = prefer && /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer)?.[1];
  return seconds ? Math.min(Number(seconds), longestWaitSeconds) : undefined;
}

/**
 * API-14: asks for the outcome in fresh transactions until there is one or the time is up; then the first
 * answer goes out. No connection is held between two looks. Ends early when `ended` is aborted: the caller
 * left, or the service stops.
 */
export async function waitForOutcome(
  db: Database,
  outcome: NonNullable<Route['outcome']>,
  first: Reply,
  by: { actor: Actor; locale: Locale; seconds: number; ended: AbortSignal },
): Promise<Reply> {
  const applied = { 'Preference-Applied': `wait=${by.seconds}` };
  const answered: unknown = first.body ?? JSON.parse(first.text);
  const until = performance.now() + by.seconds * 1_000;
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 1.5)) {
    const answer = await db.transaction(by.actor, (tx) => outcome(tx, answered, by.locale));
    if (answer) {
      const reply = replyOf(answer);
      const replayed = first.headers['Idempotency-Replayed'];
      return {
        ...reply,
        headers: { ...reply.headers, ...applied, ...(replayed && { 'Idempotency-Replayed': replayed }) },
      };
    }
    const left = until - performance.now();
    if (left <= 0 || by.ended.aborted) return { ...first, headers: { ...first.headers, ...applied } };
    await sleep(Math.min(pause, left), undefined, { signal: by.ended }).catch(() => undefined);
  }
}
