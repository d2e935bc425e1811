import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from './actor.ts';
import { leasedWork, type LeasedWork } from './leased-work.ts';
import { currentContext } from './observability/context.ts';
import type { Database, Tx } from './tx.ts';

type Lease = { readonly id: string; readonly attempt: number };

/** Steps in their order; `[` and `]` are the ends of a transaction. */
function steps() {
  const seen: string[] = [];
  const actors: Actor[] = [];
  const db: Database = {
    async transaction(actor, work) {
      actors.push(actor);
      seen.push('[');
      const done = await work({ now: new Date(0), actor } as Tx);
      seen.push(']');
      return done;
    },
  };
  return { seen, actors, db };
}

const item = { id: 'ctr_1', accountId: 'acc_1' };

function sealing(seen: string[], change: Partial<LeasedWork<Lease, string>> = {}) {
  return leasedWork<Lease, string>({
    name: 'sealing',
    everyMs: 100,
    parallel: 2,
    due: () => Promise.resolve([item]),
    take: (_tx, { id }) => Promise.resolve((seen.push('take'), { id, attempt: 1 })),
    perform: ({ id }) => Promise.resolve((seen.push('perform'), `sealed ${id}`)),
    record: (_tx, { attempt }, result) =>
      Promise.resolve(void seen.push(`record ${attempt}: ${result} for ${currentContext()?.causationId}`)),
    ...change,
  });
}

test('is taken in one transaction, performed outside of any, and recorded in another', async () => {
  const { seen, actors, db } = steps();
  await sealing(seen).run(db, item);
  expect(seen).toEqual(['[', 'take', ']', 'perform', '[', 'record 1: sealed ctr_1 for undefined', ']']);
  const actor = { kind: 'system', id: 'sealing', accountId: 'acc_1' };
  expect(actors).toEqual([actor, actor]);
});

test('is a worker with the name, the looks and the lanes of the work', () => {
  expect(sealing([])).toEqual({
    name: 'sealing',
    everyMs: 100,
    parallel: 2,
    due: expect.any(Function),
    run: expect.any(Function),
  });
});

test('without a lease nothing is performed: another instance has it, or it is done', async () => {
  const { seen, db } = steps();
  await sealing(seen, { take: () => Promise.resolve(undefined) }).run(db, item);
  expect(seen).toEqual(['[', ']']);
});

test('a lease that took too long to get is left to run out', async () => {
  const { seen, db } = steps();
  const take = async () => (await sleep(30), { id: 'ctr_1', attempt: 1 });
  await sealing(seen, { take, startWithinMs: 10 }).run(db, item);
  expect(seen).toEqual(['[', ']']);
});

test('a result is recorded under the cause that the lease names', async () => {
  const { seen, db } = steps();
  const cause = ({ id }: Lease) => ({ causationId: `of ${id}`, correlationId: 'first' });
  await sealing(seen, { cause }).run(db, item);
  expect(seen.at(-2)).toBe('record 1: sealed ctr_1 for of ctr_1');
});

const failing = () => Promise.reject(new Error('no key'));

test('an error leaves the lease to run out, unless the work gives it back', async () => {
  const { seen, db } = steps();
  await expect(sealing(seen, { perform: failing }).run(db, item)).rejects.toThrow('no key');
  expect(seen).toEqual(['[', 'take', ']']);
});

test('an error of work that is given back is thrown again, so that the item waits', async () => {
  const { seen, db } = steps();
  const giveBack = (_tx: Tx, { attempt }: Lease, { message }: Error) =>
    Promise.resolve((seen.push(`give back ${attempt}: ${message}`), 'retry' as const));
  await expect(sealing(seen, { perform: failing, giveBack }).run(db, item)).rejects.toThrow('no key');
  expect(seen).toEqual(['[', 'take', ']', '[', 'give back 1: no key', ']']);
});

test('an error that ended the work is told by the work itself', async () => {
  const { seen, db } = steps();
  const giveBack = () => Promise.resolve('ended' as const);
  await sealing(seen, { perform: failing, giveBack }).run(db, item);
  expect(seen).toEqual(['[', 'take', ']', '[', ']']);
});
