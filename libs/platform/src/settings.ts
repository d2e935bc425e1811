import { z } from 'zod';
import { renewed } from '@accord/core/runtime';
import { networksOf } from '@accord/http/server';
import { kafkaSettings } from './kafka-settings.ts';

function readNetworks(text: string, context: z.RefinementCtx): ReturnType<typeof networksOf> {
  try {
    return networksOf(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
}

/**
 * Settings that every service reads from the environment, by the variables' names; a service adds its own with
 * `.extend`.
 */
export const platformSettings = kafkaSettings.extend({
  /**
   * After SIGTERM the service is not ready, and goes on accepting for so long, ms: until load balancers know.
   */
  ACCORD_DRAIN_MS: z.coerce.number().int().min(0).max(300_000).default(5_000),
  /** The address to listen on; the local platform sets 127.0.0.1. */
  ACCORD_HOST: z.string().min(1).default('0.0.0.0'),
  ACCORD_PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  ACCORD_OPS_PORT: z.coerce.number().int().min(0).max(65535).default(9090),
  /** Role under row-level security. */
  ACCORD_DATABASE_URL: renewed(z.url()),
  /** Role that sees every account. */
  ACCORD_OPERATOR_DATABASE_URL: renewed(z.url()),
  /** Role that owns the schema; where set, the service migrates when it starts. */
  ACCORD_OWNER_DATABASE_URL: renewed(z.url()).optional(),
  /**
   * Of the operators' role too, for the relay, whose locks and notifications belong to a session: past a pooler
   * that gives sessions to several. Unset, the address of the operators' role.
   */
  ACCORD_RELAY_DATABASE_URL: renewed(z.url()).optional(),
  ACCORD_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  /**
   * `https://accord.example`: where the API is reached from outside. Events name their schemas under it; unset, they
   * give them a name that no address answers (EVT-2).
   */
  ACCORD_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /**
   * A member of the consumer group that was silent for so long, ms, is taken for dead; not less than the
   * broker's group.min.session.timeout.ms.
   */
  ACCORD_KAFKA_SESSION_MS: z.coerce.number().int().min(1_000).max(300_000).default(10_000),
  ACCORD_TOKEN_ISSUER: z.string().min(1),
  ACCORD_TOKEN_AUDIENCE: z.string().min(1).default('accord'),
  ACCORD_JWKS_URL: z.url(),
  /** Path of a PEM file: of those who sign the certificate of its server. */
  ACCORD_JWKS_CA_FILE: z.string().min(1).optional(),
  /** The longest time from a token's issue to its expiry (API-4). */
  ACCORD_TOKEN_LIFETIME_SECONDS: z.coerce.number().int().min(60).default(86_400),
  /** File of the clock that integrators move; with `ACCORD_ENV=development` alone (API-18). */
  ACCORD_DEVELOPMENT_CLOCK: z.string().min(1).optional(),
  PROVIDER_PROFILE: z.string().min(1),
  /** Of the sources that the image was made of, for `accord_build_info`; the image sets it. */
  ACCORD_REVISION: z.string().default('unknown'),
  ACCORD_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /**
   * Addresses and networks of the proxies before the service, comma between: whose X-Forwarded-For is believed
   * (API-11). No network is trusted by itself, a private one neither.
   */
  ACCORD_TRUSTED_PROXIES: z.string().default('').transform(readNetworks),
  /** Requests a minute and token; 0 turns the limit off. */
  ACCORD_RATE_PER_MINUTE: z.coerce.number().int().min(0).default(6000),
  /**
   * Counts requests in the database, for all instances of the service together; else each counts its own.
   */
  ACCORD_RATE_SHARED: z.stringbool().default(false),
  /** Bytes of JSON bodies a second and token, at least the 1 MiB of one body; 0 turns the limit off. */
  ACCORD_BODY_BYTES_PER_SECOND: z.coerce
    .number()
    .int()
    .refine((bytes) => bytes === 0 || bytes >= 1_048_576, 'is 0, or at least 1048576')
    .default(2_097_152),
  /** Holds each HTTP answer against its description (API-3), which costs time: on in tests. */
  ACCORD_CHECK_ANSWERS: z.stringbool().default(false),
});

export type PlatformSettings = z.infer<typeof platformSettings>;
