import { context, propagation, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { otlpAgent } from './otlp-agent.ts';
import type { Tracing } from './tracing.ts';

/** Ids of spans are 8 bytes of hex, of traces 16; bit 0 of the flags says sampled. */
const traceparentOf = (span: Span | undefined): string | undefined => {
  const ids = span?.spanContext();
  return ids && trace.isSpanContextValid(ids)
    ? `00-${ids.traceId}-${ids.spanId}-${ids.traceFlags.toString(16).padStart(2, '0')}`
    : undefined;
};

/**
 * Starts OpenTelemetry: spans of HTTP in and out by its instrumentation, all others by `span`. The OTEL_*
 * environment says where they go.
 */
export function openTelemetry(env: NodeJS.ProcessEnv, serviceName?: string): Tracing {
  const httpAgentOptions = otlpAgent(env);
  const sdk = new NodeSDK({
    ...(serviceName !== undefined && { serviceName }),
    traceExporter: new OTLPTraceExporter(httpAgentOptions ? { httpAgentOptions } : {}),
    instrumentations: [new HttpInstrumentation()],
    // Traces alone: metrics are read by Prometheus, and log lines go to stdout.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  const tracer = trace.getTracer('accord');
  return {
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (running) => {
        try {
          return await work();
        } catch (error) {
          running.recordException(error as Error);
          running.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          running.end();
        }
      }),
    after: (traceparent, work) => context.with(propagation.extract(context.active(), { traceparent }), work),
    nameSpan: (name, attributes) => trace.getActiveSpan()?.updateName(name).setAttributes(attributes),
    traceparent: () => traceparentOf(trace.getActiveSpan()),
    stop: () => sdk.shutdown(),
  };
}
