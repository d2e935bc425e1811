import { setTimeout as sleep } from 'node:timers/promises';
import { calendarEnd } from '@accord/profile';
import type { Client, Reply } from '@accord/testing';
import { chanceOf, type Chance } from '../chance.ts';
import type { Environment } from './environment.ts';

/** One command that was answered for good, however often it had to be asked. */
export interface Done {
  readonly what:
    | 'place'
    | 'pay'
    | 'create'
    | 'fail'
    | 'cancel'
    | 'apply'
    | 'finalize'
    | 'void'
    | 'quote'
    | 'refund';
  readonly accountId: string;
  /** Order, contract, quote or refund. */
  readonly id: string | undefined;
  readonly status: number;
  readonly code: string | undefined;
  /** Asks, the last among them. */
  readonly asked: number;
}

/** As its customers and the platform see it. */
type Shop = Pick<Environment, 'customer' | 'platform'>;

interface Load {
  /** Ends when every command under way was answered. */
  stop(): Promise<readonly Done[]>;
}

const money = (amount: string) => ({ amount, currency: 'CNY' });
/** The product of these orders. */
export const machineProduct = {
  name: { 'zh-CN': '云服务器 BCC', en: 'Baidu Cloud Compute BCC' },
  category: 'COMPUTE',
  brand: 'baidu',
  form: 'instance',
  chargeTypes: ['subscription'],
  invoicingEntity: 'baidu_netcom',
  prices: [{ chargeType: 'subscription', amount: '45.00', currency: 'CNY', unit: 'month' }],
  contractable: true,
  refundable: true,
};
/** An order for a month. */
export const machine = {
  productCode: 'BCC',
  billType: 'prepay',
  chargeType: 'subscription',
  duration: { unit: 'month', value: 1 },
} as const;
const giveUpMs = 120_000;

/** Asks until the answer is final, each time with the same idempotency key, as a careful client does. */
export async function persist(
  client: Client,
  path: string,
  body: unknown,
  key: string,
): Promise<{ reply: Reply; asked: number }> {
  const deadline = performance.now() + giveUpMs;
  for (let asked = 1; ; asked += 1) {
    try {
      const reply = await client.post(path, body, { 'idempotency-key': key, prefer: 'wait=5' });
      // 401: what checks our token has another time than we have, and may have done it before.
      if (reply.status < 500 && reply.status !== 401 && reply.body?.code !== 'idempotency.in_progress')
        return { reply, asked };
    } catch {
      // The connection ended: whether it was done is not known, so it is asked again.
    }
    if (performance.now() > deadline) throw new Error(`no final answer for ${path} with key ${key}`);
    await sleep(200);
  }
}

/**
 * Customers who order, pay, cancel, apply, finalize, void and want their money back at random, one command at
 * a time each.
 */
export function startLoad(
  environment: Shop,
  { seed, clients = 6, pauseMs }: { seed: number; clients?: number; pauseMs: number },
): Load {
  const history: Done[] = [];
  let over = false;
  const run = Array.from({ length: clients }, (_, i) =>
    customer(environment, {
      accountId: `acc_f${i}`,
      chance: chanceOf(seed + i),
      history,
      pauseMs,
      isOver: () => over,
    }),
  );
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

async function customer(
  environment: Shop,
  { accountId, chance, history, pauseMs, isOver }: Life,
): Promise<void> {
  const own = environment.customer(accountId);
  const platform = environment.platform();
  const [orders, contracts, machines]: string[][] = [[], [], []];
  /** Orders whose payment is known. */
  const told = new Set<string>();
  let number = 0;

  const command = async (what: Done['what'], client: Client, path: string, body: unknown, of?: string) => {
    const { reply, asked } = await persist(client, path, body, `${what}-${accountId}-${(number += 1)}`);
    const ids =
      what === 'apply' && reply.status < 300
        ? reply.body.data.map(({ contractId }: { contractId: string }) => contractId)
        : [of ?? idOf(reply)];
    for (const id of ids)
      history.push({ what, accountId, id, status: reply.status, code: reply.body?.code, asked });
    return { body: reply.body, ids: reply.status < 300 ? (ids as string[]) : [] };
  };
  const turns = {
    place: async () => orders!.push(...(await command('place', own.orders, '/v1/orders', machine)).ids),
    async pay() {
      const order = chance.of(orders!);
      const { ids } = await command(
        'pay',
        platform.orders,
        `/v1/orders/${order}/payments`,
        { paymentReference: `ref-${order}`, parts: { cash: money('45.00') } },
        order,
      );
      const fulfilment = `/v1/orders/${order}/fulfilment`;
      if (ids.length === 0 || told.has(order)) return;
      told.add(order);
      if (chance.is(0.2))
        return void (await command(
          'fail',
          platform.orders,
          fulfilment,
          { outcome: 'failed', reason: 'no capacity' },
          order,
        ));
      machines!.push(
        ...(
          await command(
            'create',
            platform.orders,
            fulfilment,
            { outcome: 'created', instances: [{ instanceId: machineOf(order), ...period() }] },
            order,
          )
        ).ids,
      );
    },
    async cancel() {
      const order = chance.of(orders!);
      await command('cancel', own.orders, `/v1/orders/${order}/cancel`, { reason: 'changed my mind' }, order);
    },
    apply: async () =>
      contracts!.push(
        ...(
          await command('apply', own.contracts, '/v1/contracts', {
            orderIds: [...new Set([chance.of(orders!), chance.of(orders!)])],
          })
        ).ids,
      ),
    async finalize() {
      const contract = chance.of(contracts!);
      await command('finalize', own.contracts, `/v1/contracts/${contract}/finalize`, undefined, contract);
    },
    async void() {
      const contract = chance.of(contracts!);
      await command(
        'void',
        own.contracts,
        `/v1/contracts/${contract}/void`,
        { reason: 'unintended' },
        contract,
      );
    },
    async refund() {
      const { body } = await command('quote', own.refunds, '/v1/refund-quotes', {
        instanceIds: [machineOf(chance.of(machines!))],
      });
      if (body?.refundable)
        await command('refund', own.refunds, '/v1/refunds', { quoteId: body.quoteId, reason: 'not_usable' });
    },
  };
  while (!isOver()) {
    const [ordered, contracted, created] = [orders, contracts, machines].map((some) =>
      Number(some!.length > 0),
    ) as [number, number, number];
    const turn = chance.weighed<keyof typeof turns>([
      [8, 'place'],
      [6 * ordered, 'pay'],
      [2 * ordered, 'cancel'],
      [4 * ordered, 'apply'],
      [contracted, 'finalize'],
      [2 * contracted, 'void'],
      [4 * created, 'refund'],
    ]);
    await turns[turn!]();
    await sleep(pauseMs * (0.5 + chance.share()));
  }
}

/** From yesterday on, whatever the clock of a service says. */
function period() {
  const start = new Date(Date.now() - 86_400_000);
  return { start, end: calendarEnd(start, machine.duration, 'Asia/Shanghai') };
}
const machineOf = (orderId: string) => `i-${orderId}`;
const idOf = ({ body }: Reply): string | undefined => body?.refundId ?? body?.quoteId ?? body?.orderId;
