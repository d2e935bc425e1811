// For `node --import`: runs before the service's modules. OpenTelemetry is loaded only where traces have
// somewhere to go, so that without it a service starts as fast and as small as if it were not there.
if (process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] || process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
  const { openTelemetry } = await import('./open-telemetry.ts');
  const { enableTracing } = await import('./tracing.ts');
  enableTracing(openTelemetry());
}
