import { z } from 'zod';
import { isPlainWire, renewed, tlsOf, wires } from '@accord/core/runtime';
import type { KafkaSecurity } from '@accord/kafka';

const wireNames = new RegExp(`^(none|(${wires.join('|')})(,(${wires.join('|')}))*)$`);
const plainWires = z.string().regex(wireNames, `is none, or some of ${wires.join(', ')}, comma between`);

/** Settings of everything that connects to Kafka: services and commands. */
export const kafkaSettings = z.object({
  /**
   * Development parts (built-in issuer, test seal) start only with `development`; unset means production
   * (API-4).
   */
  ACCORD_ENV: z.enum(['development', 'production']).default('production'),
  /** Wires without TLS, comma between; `none`. Unset: none, in development all (API-17). */
  ACCORD_PLAIN_WIRES: plainWires.optional(),
  ACCORD_KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((brokers) => brokers.split(',')),
  ACCORD_TOPIC_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,40}$/)
    .default(''),
  /** Paths of PEM files: of those who sign the brokers' certificates; of our own certificate and its key. */
  ACCORD_KAFKA_CA_FILE: z.string().min(1).optional(),
  ACCORD_KAFKA_CERTIFICATE_FILE: z.string().min(1).optional(),
  ACCORD_KAFKA_KEY_FILE: z.string().min(1).optional(),
  /** Of SASL. */
  ACCORD_KAFKA_MECHANISM: z.enum(['SCRAM-SHA-512', 'PLAIN', 'OAUTHBEARER']).optional(),
  ACCORD_KAFKA_USER: z.string().min(1).optional(),
  ACCORD_KAFKA_PASSWORD: renewed(z.string().min(1)).optional(),
  /** For `OAUTHBEARER`: a JWT, from a file that others keep fresh. */
  ACCORD_KAFKA_TOKEN: renewed(z.string().regex(/^[\w-]+\.[\w-]+\.[\w-]*$/)).optional(),
});

type KafkaSettings = z.infer<typeof kafkaSettings>;

interface KafkaAccess {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly security: KafkaSecurity;
}

/**
 * Where Kafka is and how it is reached, as `openKafka` takes it.
 *
 * @throws Error that names the settings which do not go together, or that of a file which is not right.
 */
export const kafkaAccess = (settings: KafkaSettings): KafkaAccess => ({
  brokers: settings.ACCORD_KAFKA_BROKERS,
  topicPrefix: settings.ACCORD_TOPIC_PREFIX,
  security: { ...tlsPart(settings), ...saslPart(settings) },
});

function refuse(reason: string): never {
  throw new Error(`settings: ${reason}`);
}

const files = ['ACCORD_KAFKA_CA_FILE', 'ACCORD_KAFKA_CERTIFICATE_FILE', 'ACCORD_KAFKA_KEY_FILE'] as const;

function tlsPart(settings: KafkaSettings): Pick<KafkaSecurity, 'tls'> {
  const [ca, certificate, key] = files.map((name) => settings[name]);
  if (isPlainWire('kafka', settings)) {
    const useless = files.find((name) => settings[name] !== undefined);
    return useless ? refuse(`${useless} is set, and ACCORD_PLAIN_WIRES has kafka`) : {};
  }
  try {
    return { tls: tlsOf({ ca, certificate, key }, 'ACCORD_KAFKA_') };
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const credentials = ['ACCORD_KAFKA_USER', 'ACCORD_KAFKA_PASSWORD', 'ACCORD_KAFKA_TOKEN'] as const;

function saslPart(settings: KafkaSettings): Pick<KafkaSecurity, 'sasl'> {
  const { ACCORD_KAFKA_MECHANISM: mechanism } = settings;
  for (const name of credentials) {
    const isNeeded = mechanism && (mechanism === 'OAUTHBEARER') === (name === 'ACCORD_KAFKA_TOKEN');
    if (isNeeded && settings[name] === undefined)
      refuse(`${name} is missing, and ACCORD_KAFKA_MECHANISM is ${mechanism}`);
    if (!isNeeded && settings[name] !== undefined)
      refuse(`${name} is set, and ACCORD_KAFKA_MECHANISM is ${mechanism ?? 'missing'}`);
  }
  const {
    ACCORD_KAFKA_USER: username,
    ACCORD_KAFKA_PASSWORD: password,
    ACCORD_KAFKA_TOKEN: token,
  } = settings;
  if (mechanism === 'OAUTHBEARER') return { sasl: { mechanism, token: token! } };
  return mechanism ? { sasl: { mechanism, username: username!, password: password! } } : {};
}
