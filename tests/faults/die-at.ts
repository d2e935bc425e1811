// Loaded before a service (`--import`): at the named point ACCORD_DIE_AT the process is killed, once the file
// ACCORD_DIE_NOW exists. In the middle of a mass it writes before whose work it had begun and not committed.
import { changeSource, type Change } from '../changed-source.ts';

const files = `process.getBuiltinModule('node:fs')`;
const now = 'process.env.ACCORD_DIE_NOW';
const kill = `process.kill(process.pid, 'SIGKILL')`;
const die = `${files}.existsSync(${now}) && (${files}.rmSync(${now}), ${kill});`;
/** Behind the name of ACCORD_DIE_NOW: the file with these ids, as JSON. */
export const inHand = ' in hand';
const dieHolding = (ids: string) => `if (${files}.existsSync(${now})) {
  ${files}.writeFileSync(${now} + '${inHand}', JSON.stringify(${ids})); ${files}.rmSync(${now}); ${kill}; }`;
const before = (fragment: string) => `${die} ${fragment}`;
const after = (fragment: string) => `${fragment} ${die}`;

const saved = 'await commit(open);';
const deleting = '  pipelined(locks.connection, remove, ';
const handled = 'for (const slice of slices) this.#finished(slice);';
const committing = 'await consumer.commitOffsets(';
const sending = 'sender.send(free.map(outgoing))';
/** Handed to the broker, whose answer nobody waited for. */
const sent = `(async () => { const sent = ${sending}; sent.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 1)); ${die} return sent; })()`;

export const points = {
  'before commit': { file: 'libs/postgres/src/database.ts', fragment: saved, replacement: before(saved) },
  'after commit': { file: 'libs/postgres/src/database.ts', fragment: saved, replacement: after(saved) },
  'after send': { file: 'libs/messaging/src/relay-batch.ts', fragment: sending, replacement: sent },
  'before delete': {
    file: 'libs/messaging/src/relay-batch.ts',
    fragment: deleting,
    replacement: before(deleting),
  },
  'after inbox commit': {
    file: 'libs/messaging/src/consumer.ts',
    fragment: handled,
    replacement: before(handled),
  },
  'before offset commit': {
    file: 'libs/kafka/src/offset-commits.ts',
    fragment: committing,
    replacement: before(committing),
  },
} as const satisfies Record<string, Change>;

const exported = 'const grown = addPart(job, {';
const expired = '      orders.map((order) => expireOrder(order, tx.now)),\n    );';
const inThisProcess = 'globalThis.expiredBefore';

/** Within what the order service does in several transactions, once the first of them is done. */
export const midway = {
  'an export job': [
    {
      file: 'services/order/src/exporting.ts',
      fragment: exported,
      replacement: `if (job.parts > 0) { ${dieHolding('[exportId]')} } ${exported}`,
    },
    {
      file: 'services/order/src/exporting.ts',
      fragment: 'rowsOfPart = 2_000',
      replacement: 'rowsOfPart = 10',
    },
  ],
  'a mass expiry': [
    {
      file: 'services/order/src/expiry.ts',
      fragment: expired,
      replacement: `${expired} if (orders.length > 0) {
        if (${inThisProcess}) { ${dieHolding('orders.map(({ orderId }) => orderId)')} } ${inThisProcess} = true; }`,
    },
  ],
} as const satisfies Record<string, readonly Change[]>;

export type MidwayName = keyof typeof midway;
export type PointName = keyof typeof points | MidwayName;
const changes: Readonly<Record<PointName, Change | readonly Change[]>> = { ...points, ...midway };

const named = process.env['ACCORD_DIE_AT'] as PointName | undefined;
if (named) changeSource(...[changes[named]].flat());
