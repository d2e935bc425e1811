import { createHash } from 'node:crypto';
import type { DemoContext } from './context.ts';
import type { Orders } from './shop.ts';

/** ORD-19: a job writes the file, which is what its hash says. */
export async function exportOrders({ narrator }: DemoContext, { machine, forgotten }: Orders): Promise<void> {
  narrator.chapter('12 · All orders as a file, written by a job');
  const { body } = await narrator.ask({
    what: 'The customer asks for the orders of the last days as CSV.',
    who: 'customer',
    method: 'post',
    path: '/v1/exports',
    body: { format: 'csv' },
    headers: { prefer: 'wait=25' },
    status: 200,
    follows: ['export.ready'],
    worker: { announces: 'export.ready', about: (reply) => reply.body.exportId },
    shows: ({ body: { exportId, status, rows, bytes } }) =>
      `${exportId} ${status}, ${rows} orders, ${bytes} bytes`,
    effects: (reply) => [
      { path: `/v1/exports/${reply.body.exportId}`, shown: ({ sha256 }) => /^[0-9a-f]{64}$/.test(sha256) },
    ],
  });
  const file = await narrator.ask({
    what: 'The file is downloaded.',
    who: 'customer',
    method: 'get',
    path: body.links.file,
    status: 200,
    shows: ({ bytes, headers }) => `${bytes.length} bytes, ${headers.get('content-type')}`,
  });
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  narrator.check(body.sha256 === sha256, `its SHA-256 is the one that was told: ${sha256.slice(0, 16)}…`);
  const text = file.bytes.toString();
  narrator.check(
    [machine, forgotten].every(({ orderId }) => text.includes(orderId)),
    'the machine and the forgotten order are in it',
  );
  await narrator.ask({
    what: 'It is not needed any more.',
    who: 'customer',
    method: 'post',
    path: `/v1/exports/${body.exportId}/cancel`,
    status: 200,
    shows: (reply) => `${reply.body.exportId} is ${reply.body.status}`,
    effects: (reply) => [
      { path: `/v1/exports/${reply.body.exportId}`, shown: ({ status }) => status === 'cancelled' },
    ],
  });
}
