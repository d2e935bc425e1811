import { hash } from 'node:crypto';
import limiter from 'rate-limiter-flexible';
import { innerTable, type ServiceDatabase } from '@accord/postgres';
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
  /** Where requests are counted for all instances of the service together; absent: each counts its own. */
  readonly shared?: SharedCounts | undefined;
}

export interface SharedCounts {
  readonly pool: ReturnType<ServiceDatabase['pools']>['app'];
  readonly schema: string;
}

const table = 'rate_limits';

/** Its rows are worth nothing after a crash of the server, so they are not logged. */
export const rateLimitTable = (service: string): readonly string[] => [
  `create unlogged table ${table} (key text primary key, points integer not null, expire bigint)
     with (fillfactor = 50)`,
  innerTable(service, table, { app: ['insert', 'update', 'delete'], operator: [] }),
];

const unlimited: RateLimit = () => Promise.resolve({});

/** In this process; or in the database, and in this process while the database is away. */
function counterOf({ name, quota: points, seconds: duration }: Policy, shared: SharedCounts | undefined) {
  const own = new limiter.RateLimiterMemory({ points, duration });
  if (!shared) return own;
  return new limiter.RateLimiterPostgres({
    storeClient: shared.pool,
    storeType: 'pool',
    schemaName: shared.schema,
    tableName: table,
    tableCreated: true,
    keyPrefix: name,
    points,
    duration,
    // A caller who has no more is refused without a question to the database.
    inMemoryBlockOnConsumed: points + 1,
    insuranceLimiter: own,
  });
}

/**
 * Names of draft-ietf-httpapi-ratelimit-headers. Where it is counted in this process, with n instances the quota
 * is n times as much.
 */
function limitOf(policyOf: Policy, shared?: SharedCounts): RateLimit {
  const { name, quota, seconds: duration, unit } = policyOf;
  if (quota === 0) return unlimited;
  const counter = counterOf(policyOf, shared);
  // A subject may be long, and is nobody's business in a table.
  const keyOf = (who: string) => (shared ? hash('sha256', who, 'base64url') : who);
  const policy = `"${name}";q=${quota}${unit ? `;qu="${unit}"` : ''};w=${duration}`;
  return async (who, units = 1) => {
    const { remaining, seconds, refused } = await counter.consume(keyOf(who), units).then(
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
 * by either, which protect the process that reads them and are its own. 0 turns a limit off.
 */
export const rateLimits = ({ perMinute, bytesPerSecond, shared }: Quotas): Limits => ({
  byToken: limitOf({ name: 'token', quota: perMinute, seconds: 60 }, shared),
  byAddress: limitOf({ name: 'address', quota: Math.ceil(perMinute / 10), seconds: 60 }, shared),
  bytes: limitOf({ name: 'bytes', quota: bytesPerSecond, seconds: 1, unit: 'content-bytes' }),
});
