import { z } from 'zod';

/**
 * Settings that every service reads from the environment, by the variables' names; a service adds its own with
 * `.extend`.
 */
export const platformSettings = z.object({
  /**
   * Development parts (built-in issuer, test seal) start only with `development`; unset means production
   * (API-4).
   */
  ACCORD_ENV: z.enum(['development', 'production']).default('production'),
  /** The address to listen on; the local platform sets 127.0.0.1. */
  ACCORD_HOST: z.string().min(1).default('0.0.0.0'),
  ACCORD_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  ACCORD_OPS_PORT: z.coerce.number().int().min(0).max(65535).default(9090),
  /** Role under row-level security. */
  ACCORD_DATABASE_URL: z.url(),
  /** Role that sees every account. */
  ACCORD_OPERATOR_DATABASE_URL: z.url(),
  /** Role that owns the schema; where set, the service migrates when it starts. */
  ACCORD_OWNER_DATABASE_URL: z.url().optional(),
  ACCORD_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  ACCORD_KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((brokers) => brokers.split(',')),
  /**
   * `https://accord.example`: where the API is reached from outside. Events name their schemas under it; unset, they
   * give them a name that no address answers (EVT-2).
   */
  ACCORD_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  ACCORD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,40}$/)
    .default(''),
  /**
   * A member of the consumer group that was silent for so long, ms, is taken for dead; not less than the
   * broker's group.min.session.timeout.ms.
   */
  ACCORD_KAFKA_SESSION_MS: z.coerce.number().int().min(1_000).max(300_000).default(10_000),
  ACCORD_TOKEN_ISSUER: z.string().min(1),
  ACCORD_TOKEN_AUDIENCE: z.string().min(1).default('accord'),
  ACCORD_JWKS_URL: z.url(),
  /** File of the clock that integrators move; with `ACCORD_ENV=development` alone (API-18). */
  ACCORD_DEVELOPMENT_CLOCK: z.string().min(1).optional(),
  PROVIDER_PROFILE: z.string().min(1),
  ACCORD_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Requests a minute and token; 0 turns the limit off. */
  ACCORD_RATE_PER_MINUTE: z.coerce.number().int().min(0).default(6000),
  /** Holds each HTTP answer against its description (API-3), which costs time: on in tests. */
  ACCORD_CHECK_ANSWERS: z.stringbool().default(false),
});

export type PlatformSettings = z.infer<typeof platformSettings>;
