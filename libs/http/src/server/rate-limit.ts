import limiter from 'rate-limiter-flexible';
import { Problem } from '../problem.ts';

export interface RateLimit {
  /**
   * Counts one request and gives the RateLimit headers for its answer. @throws Problem 429 once the quota is
   * used up.
   */
  (who: string): Promise<Readonly<Record<string, string>>>;
}

const unlimited: RateLimit = () => Promise.resolve({});

/**
 * Names of draft-ietf-httpapi-ratelimit-headers. Counted in this process: with n instances the quota is n
 * times as much.
 */
function limitOf(policy: string, quota: number): RateLimit {
  if (quota === 0) return unlimited;
  const counter = new limiter.RateLimiterMemory({ points: quota, duration: 60 });
  const policyHeader = `"${policy}";q=${quota};w=60`;
  return async (who) => {
    const { remaining, seconds, refused } = await counter.consume(who).then(
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
      'RateLimit-Policy': policyHeader,
      RateLimit: `"${policy}";r=${remaining};t=${seconds}`,
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
 * API-11: by the token's subject; a tenth of it by address where there is no valid token. 0 turns both off.
 */
export const rateLimits = (perMinute: number) => ({
  byToken: limitOf('token', perMinute),
  byAddress: limitOf('address', Math.ceil(perMinute / 10)),
});

/** An IPv6 address stands for its whole /64: its owner has all of it. */
export function addressOf(ip: string | undefined): string {
  if (!ip?.includes(':') || ip.startsWith('::ffff:')) return ip ?? 'unknown';
  const [head = '', tail] = ip.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const whole =
    tail === undefined
      ? groups
      : [...groups, ...Array<string>(Math.max(0, 8 - groups.length - last.length)).fill('0'), ...last];
  return whole.slice(0, 4).join(':');
}
