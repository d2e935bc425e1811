import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

async function run(env: NodeJS.ProcessEnv) {
  const args = ['--disable-warning=ExperimentalWarning', file('./traced-process.ts'), caller];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  return JSON.parse(stdout) as { announced: string; handled?: string; untraced: string };
}

type Sent = {
  resourceSpans: {
    scopeSpans: {
      spans: { name: string; traceId: string; spanId: string; parentSpanId?: string; kind: number }[];
    }[];
  }[];
};

/** Takes what OpenTelemetry sends, as a collector would. */
async function collector() {
  const spans: Sent['resourceSpans'][0]['scopeSpans'][0]['spans'] = [];
  const paths = new Set<string>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      paths.add(req.url!);
      const sent = JSON.parse(Buffer.concat(chunks).toString()) as Sent;
      spans.push(
        ...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
      );
      res.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    spans,
    paths,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

test('API-13 one trace goes from the caller through HTTP and the transaction into what handles the event', async () => {
  const { spans, paths, url, close } = await collector();
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
