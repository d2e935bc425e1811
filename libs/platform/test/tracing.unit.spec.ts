import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startCollector } from '@accord/testing/collector';

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function run(env: NodeJS.ProcessEnv) {
  const args = ['--disable-warning=ExperimentalWarning', file('./traced-process.ts'), caller];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  return JSON.parse(stdout) as { announced: string; handled?: string; untraced: string };
}

test('API-13 one trace goes from the caller through HTTP and the transaction into what handles the event', async () => {
  const { spans, paths, url, close } = await startCollector();
  const { announced, handled } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: 'order' });
  close();
  expect([...paths]).toEqual(['/v1/traces']);
  const traceId = caller.slice(3, 35);
  const named = (name: string) => spans.find((span) => span.name === name);
  const [http, transaction, handling] = ['GET /v1/things/{thingId}', 'transaction', 'handle thing.made'].map(
    named,
  );
  expect([http, transaction, handling].map((span) => span?.traceId)).toEqual([traceId, traceId, traceId]);
  expect(http?.parentSpanId).toBe(caller.slice(36, 52));
  expect(transaction?.parentSpanId).toBe(http?.spanId);
  expect(announced).toBe(`00-${traceId}-${transaction?.spanId}-01`);
  expect(handling?.parentSpanId).toBe(transaction?.spanId);
  expect(handled).toBe(`00-${traceId}-${handling?.spanId}-01`);
});

test('API-13 without a collector the caller’s trace still goes on into events, and no span is made', async () => {
  const { announced, handled, untraced } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: '' });
  expect(announced).toBe(caller);
  expect(untraced).toBe(caller);
  expect(handled).toBeUndefined();
});
