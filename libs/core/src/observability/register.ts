// The first import of every main.ts: it runs before the service's other modules. OpenTelemetry is loaded only where
// traces have somewhere to go, so that without it a service starts as fast and as small as if it were not there;
// by `require`, because a module that awaits something would not run before those that are imported after it.
import { createRequire } from 'node:module';
import type { openTelemetry } from './open-telemetry.ts';
import { enableTracing } from './tracing.ts';

if (process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
  const load = createRequire(import.meta.url);
  const { openTelemetry: open } = load('./open-telemetry.ts') as { openTelemetry: typeof openTelemetry };
  // OTEL_SERVICE_NAME goes first; else the service whose main.ts runs.
  const [, service] = /services\/(\w+)\/src\//.exec(process.argv[1] ?? '') ?? [];
  enableTracing(
    open(process.env, service && !process.env['OTEL_SERVICE_NAME'] ? `accord-${service}` : undefined),
  );
}
