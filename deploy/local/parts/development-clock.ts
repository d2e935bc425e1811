import { renameSync, writeFileSync } from 'node:fs';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { readJson } from '@accord/core/runtime';
import { Problem } from '@accord/http/server';
import { clockOf } from '@accord/postgres';

/** `{ "advanceBy": "P7D" }`, calendar months and years counted in UTC, or `{ "to": "2027-01-01T00:00:00Z" }`. */
const Move = z.union([
  z.strictObject({ advanceBy: z.iso.duration() }),
  z.strictObject({ to: z.iso.datetime({ offset: true }) }),
]);

interface DevelopmentTime {
  readonly now: string;
  /** How far it is ahead of the real time. */
  readonly aheadMs: number;
}

const farthestMs = 100 * 366 * 86_400_000;
const refused = (detail: string) =>
  new Problem(400, 'request.invalid', {}, { faults: [{ in: 'body', pointer: '', detail }] });

/**
 * The clock that integrators may move (API-18). Its file holds how many milliseconds it is ahead; every service
 * that is told the file looks at it in each transaction, so that all move together, and keep it over restarts.
 */
export const developmentClock = (file: string) => {
  const clock = clockOf(file);
  const shown = (aheadMs: number): DevelopmentTime => ({
    now: new Date(Date.now() + aheadMs).toISOString(),
    aheadMs,
  });
  return {
    time: () => shown(clock.offsetMs),
    /** @throws Problem where it is no move, or one back: what has happened stays in the past. */
    move(body: string): DevelopmentTime {
      const parsed = Move.safeParse(parse(body));
      if (!parsed.success)
        throw refused('Is {"advanceBy": an ISO 8601 duration} or {"to": an RFC 3339 time}.');
      const before = clock.offsetMs;
      const now = Temporal.Instant.fromEpochMilliseconds(Date.now() + before);
      const then = target(parsed.data, now);
      const aheadMs = before + then.epochMilliseconds - now.epochMilliseconds;
      if (aheadMs < before) throw refused('The clock moves forward only.');
      if (aheadMs > farthestMs) throw refused('The clock moves at most 100 years ahead.');
      writeFileSync(`${file}.new`, String(aheadMs));
      renameSync(`${file}.new`, file);
      return shown(aheadMs);
    },
  };
};

/** @throws Problem where it is a time or a duration of which there is no calendar. */
function target(move: z.infer<typeof Move>, now: Temporal.Instant): Temporal.Instant {
  try {
    return 'to' in move
      ? Temporal.Instant.fromEpochMilliseconds(new Date(move.to).getTime())
      : now.toZonedDateTimeISO('UTC').add(move.advanceBy).toInstant();
  } catch (error) {
    if (error instanceof RangeError) throw refused('The clock moves at most 100 years ahead.');
    throw error;
  }
}

function parse(body: string): unknown {
  try {
    return readJson(body);
  } catch (cause) {
    throw new Problem(400, 'request.bad_json', {}, { cause });
  }
}
