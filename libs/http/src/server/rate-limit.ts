import limiter from 'rate-limiter-flexible';
import { Problem } from '../problem.ts';

/**
 * Counts a request, or as many units as it has, and gives the RateLimit headers for its answer. @throws Problem
 * 429 once the quota is used up.
 */
type RateLimit = (who: string, units?: number) => Promise<Readonly<Record<string, string>>>;

export interface Limits {
  readonly byToken: RateLimit;
  readonly byAddress: RateLimit;
  /** Of the bodies of a token or address. */
  readonly bytes: RateLimit;
}

interface Policy {
  readonly name: string;
  readonly quota: number;
  readonly seconds: number;
  /** Of the quota, where it counts no requests. */
  readonly unit?: 'content-bytes';
}

interface Quotas {
  readonly perMinute: number;
  readonly bytesPerSecond: number;
}

const unlimited: RateLimit = () => Promise.resolve({});

/**
 * Names of draft-ietf-httpapi-ratelimit-headers. Counted in this process: with n instances the quota is n
 * times as much.
 */
function limitOf({ name, quota, seconds: duration, unit }: Policy): RateLimit {
  if (quota === 0) return unlimited;
  const counter = new limiter.RateLimiterMemory({ points: quota, duration });
  const policy = `"${name}";q=${quota}${unit ? `;qu="${unit}"` : ''};w=${duration}`;
  return async (who, units = 1) => {
    const { remaining, seconds, refused } = await counter.consume(who, units).then(
      (left) => ({
        remaining: left.remainingPoints,
        seconds: Math.ceil(left.msBeforeNext / 1_000),
        refused: false,
      }),
      (left: limiter.RateLimiterRes) => ({
        remaining: 0,
        seconds: Math.max(1, Math.ceil(left.msBeforeNext / 1_000)),
        refused: true,
      }),
    );
    const headers = {
      'RateLimit-Policy': policy,
      RateLimit: `"${name}";r=${remaining};t=${seconds}`,
    };
    if (!refused) return headers;
    throw new Problem(
      429,
      'request.rate_limited',
      { seconds },
      { headers: { ...headers, 'Retry-After': String(seconds) } },
    );
  };
}

/**
 * API-11: requests by the token's subject, a tenth of it by address where there is no valid token; bytes of bodies
 * by either. 0 turns a limit off.
 */
export const rateLimits = ({ perMinute, bytesPerSecond }: Quotas): Limits => ({
  byToken: limitOf({ name: 'token', quota: perMinute, seconds: 60 }),
  byAddress: limitOf({ name: 'address', quota: Math.ceil(perMinute / 10), seconds: 60 }),
  bytes: limitOf({ name: 'bytes', quota: bytesPerSecond, seconds: 1, unit: 'content-bytes' }),
});
