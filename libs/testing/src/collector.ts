import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  /** `service.name` of the process. */
  readonly service: string;
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource?: { attributes?: { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { spans: Omit<CollectedSpan, 'service'>[] }[];
  }[];
}

const spansOf = ({ resourceSpans }: Sent): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const named = resource?.attributes?.find(({ key }) => key === 'service.name');
    const service = named?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });

/** Takes what OpenTelemetry sends as JSON over HTTP, as a collector does. */
export async function startCollector(): Promise<{
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  readonly paths: ReadonlySet<string>;
  close(): void;
}> {
  const spans: CollectedSpan[] = [];
  const paths = new Set<string>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      paths.add(req.url!);
      spans.push(...spansOf(JSON.parse(Buffer.concat(chunks).toString()) as Sent));
      res.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    paths,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
