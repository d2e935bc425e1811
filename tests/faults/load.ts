import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Reply } from '@accord/testing';
import { type Chance, chanceOf } from '../chance.ts';
import type { World } from './world.ts';

/** One command that was answered for good, however often it had to be asked. */
export interface Done {
  readonly what: 'place' | 'pay' | 'cancel' | 'apply' | 'void';
  readonly accountId: string;
  /** Order or contract. */
  readonly id: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  /** Asks, the last among them. */
  readonly asked: number;
}

export interface Load {
  /** Ends when every command under way was answered. */
  stop(): Promise<readonly Done[]>;
}

const money = (amount: string) => ({ amount, currency: 'CNY' });
const machine = { productCode: 'BCC', billType: 'prepay', chargeType: 'subscription', duration: { unit: 'month', value: 1 } };
const giveUpMs = 120_000;

/** Asks until the answer is final, each time with the same idempotency key, as a careful client does. */
async function persist(client: Client, path: string, body: unknown, key: string): Promise<{ reply: Reply; asked: number }> {
  const deadline = performance.now() + giveUpMs;
  for (let asked = 1; ; asked += 1) {
    try {
      const reply = await client.post(path, body, { 'idempotency-key': key, prefer: 'wait=5' });
      // 401: what checks our token has another time than we have, and may have done it before.
      if (reply.status < 500 && reply.status !== 401 && reply.body?.code !== 'idempotency.in_progress') return { reply, asked };
    } catch {
      // The connection ended: whether it was done is not known, so it is asked again.
    }
    if (performance.now() > deadline) throw new Error(`no final answer for ${path} with key ${key}`);
    await sleep(200);
  }
}

/** Customers who order, pay, cancel, apply and void at random, one command at a time each. */
export function startLoad(world: World, { seed, clients = 6, pauseMs = 60 }: { seed: number; clients?: number; pauseMs?: number }): Load {
  const history: Done[] = [];
  let over = false;
  const run = Array.from({ length: clients }, (_, i) => customer(world, { accountId: `acc_f${i}`, chance: chanceOf(seed + i), history, pauseMs, isOver: () => over }));
  return {
    async stop() {
      over = true;
      await Promise.all(run);
      return history;
    },
  };
}

interface Life {
  readonly accountId: string;
  readonly chance: Chance;
  readonly history: Done[];
  readonly pauseMs: number;
  readonly isOver: () => boolean;
}

async function customer(world: World, { accountId, chance, history, pauseMs, isOver }: Life): Promise<void> {
  const own = world.customer(accountId);
  const platform = world.platform();
  const orders: string[] = [];
  const contracts: string[] = [];
  let number = 0;

  const command = async (what: Done['what'], client: Client, path: string, body: unknown, id?: string) => {
    const { reply, asked } = await persist(client, path, body, `${what}-${accountId}-${(number += 1)}`);
    const found: string[] = what === 'apply' && reply.status < 300 ? reply.body.data.map(({ contractId }: { contractId: string }) => contractId) : [id ?? reply.body?.orderId];
    for (const each of found) history.push({ what, accountId, id: each, status: reply.status, code: reply.body?.code, asked });
    return { reply, found };
  };

  while (!isOver()) {
    const turn = chance.share();
    const order = orders.length > 0 ? chance.of(orders) : undefined;
    const contract = contracts.length > 0 ? chance.of(contracts) : undefined;
    if (turn < 0.4 || !order) {
      const { reply } = await command('place', own.orders, '/v1/orders', machine);
      if (reply.status === 201) orders.push(reply.body.orderId);
    } else if (turn < 0.6) {
      await command('pay', platform.orders, `/v1/orders/${order}/payments`, { paymentReference: `ref-${order}`, parts: { cash: money('45.00') } }, order);
    } else if (turn < 0.7) {
      await command('cancel', own.orders, `/v1/orders/${order}/cancel`, { reason: 'changed my mind' }, order);
    } else if (turn < 0.92 || !contract) {
      const chosen = [...new Set([order, chance.of(orders)])];
      const { reply, found } = await command('apply', own.contracts, '/v1/contracts', { orderIds: chosen });
      if (reply.status < 300) contracts.push(...found);
    } else {
      await command('void', own.contracts, `/v1/contracts/${contract}/void`, { reason: 'unintended' }, contract);
    }
    await sleep(pauseMs * (0.5 + chance.share()));
  }
}
