import type { Agent, AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Renewed } from '../renewed.ts';
import { tlsOf, type TlsMaterial } from '../tls-files.ts';

/**
 * The exporter reads the files of OTEL_EXPORTER_OTLP_CERTIFICATE and the like once. Here each connection is made with
 * what they are by then; undefined where there are none.
 */
export function otlpAgent(env: NodeJS.ProcessEnv): (() => Promise<Agent>) | undefined {
  const path = (of: string) => env[`OTEL_EXPORTER_OTLP_TRACES_${of}`] ?? env[`OTEL_EXPORTER_OTLP_${of}`];
  const [ca, certificate, key] = [path('CERTIFICATE'), path('CLIENT_CERTIFICATE'), path('CLIENT_KEY')];
  if (!ca && !certificate && !key) return undefined;
  let material: Renewed<TlsMaterial>;
  try {
    material = tlsOf({ ca, certificate, key }, 'OTEL_EXPORTER_OTLP_');
  } catch {
    // The exporter says what is wrong with them.
    return undefined;
  }
  return async () => {
    // Loaded with the first traces that leave: by then it is instrumented.
    const https = await import('node:https');
    return new (class extends https.Agent {
      override createConnection(options: AgentOptions, done?: (error: Error | null, stream: Duplex) => void) {
        return super.createConnection({ ...options, ...material() }, done);
      }
    })({ keepAlive: true });
  };
}
