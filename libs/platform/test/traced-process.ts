// Run by tracing.unit.spec.ts in a process of its own, as a service is.
import '@accord/core/observability/register';
import type { Database } from '@accord/core';
import {
  currentTraceparent,
  makeLog,
  makeMetrics,
  span,
  stopTracing,
  withContext,
  withTraceparent,
} from '@accord/core/observability';
import { route } from '@accord/http';
import { httpApp, listen } from '@accord/http/server';

const db: Database = {
  transaction: (_actor, work) => span('transaction', { 'db.system': 'postgresql' }, () => work({} as never)),
};
let announced: string | undefined;
const routes = [
  route({
    method: 'get',
    path: '/v1/things/{thingId}',
    operationId: 'getThingsThingId',
    summary: 'Announces.',
    access: 'anyone',
    inTransaction: () => {
      announced = currentTraceparent();
      return Promise.resolve({ body: {} as never });
    },
  }),
];
const log = makeLog({ level: 'silent' });
const app = httpApp({
  service: { name: 'order', routes, problems: {}, timeZone: 'Asia/Shanghai' },
  db,
  verify: () => Promise.reject(new Error('no tokens here')),
  log,
  metrics: makeMetrics('order'),
});
const server = await listen(app, 0, '127.0.0.1');
const traceparent = process.argv[2]!;
await (await fetch(`http://127.0.0.1:${server.port}/v1/things/1`, { headers: { traceparent } })).text();
const handled = await withTraceparent(announced, () =>
  span('handle thing.made', {}, () => Promise.resolve(currentTraceparent())),
);
const untraced = withContext({ causationId: 'c', correlationId: 'c', traceparent }, () =>
  currentTraceparent(),
);
process.stdout.write(JSON.stringify({ announced, handled, untraced, startedAfterMs: performance.now() }));
await server.close(100);
await stopTracing();
