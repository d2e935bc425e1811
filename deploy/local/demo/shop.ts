import type { Reply } from '@accord/testing';
import { catalogue } from './catalogue.ts';
import { fulfil, machineMonth, pay, place, subscription, type DemoContext, type Placed } from './context.ts';

/** Products go on sale and the account is certified. */
export async function openTheShop({ narrator, provider }: DemoContext): Promise<void> {
  const products = catalogue[provider];
  narrator.chapter(`0 · ${products.length} products go on sale, an account is certified (${provider})`);
  for (const { productCode, ...product } of products) {
    const path = `/v1/products/${productCode}`;
    const productShows = ({ body: { version } }: Reply) => [
      { path, shown: (body: Reply['body']) => body.version === version },
    ];
    const { status } = await narrator.quietly({
      who: 'operator',
      method: 'put',
      path,
      body: product,
      effects: productShows,
    });
    if (status >= 300) throw new Error(`product ${productCode}: ${status}`);
    narrator.note(`on sale: ${productCode.padEnd(16)} ${product.name['zh-CN']} / ${product.name.en}`);
  }
  const [path, facts] = [`/v1/accounts/${narrator.accountId}`, account()];
  await narrator.ask({
    what: 'The platform certifies the account and tells its contacts.',
    who: 'platform',
    method: 'put',
    path,
    body: facts,
    status: 200,
    follows: ['account.updated'],
    shows: ({ body }) => `${body.accountId} is ${body.certifiedName}`,
    effects: () => [{ path, shown: ({ version }) => version === facts.version }],
  });
}

/** A transfer in another name pays nothing (ORD-21). */
export const certifiedName = '杭州云上科技有限公司';

const account = () => ({
  version: Date.now(),
  certifiedName,
  certificate: '91330106MA00000000',
  invoiceTitle: certifiedName,
  contacts: [
    {
      contactId: 'cnt_li',
      name: '李雷',
      email: 'li.lei@example.com',
      phone: '13800000000',
      locale: 'en',
      timeZone: 'Asia/Shanghai',
      classes: ['orders', 'contracts', 'refunds', 'security'],
    },
  ],
  address: { recipient: '李雷', phone: '13800000000', address: '杭州市西湖区文三路 1 号' },
});

export interface Orders {
  readonly machine: Placed;
  readonly other: Placed;
  readonly metered: Placed;
  readonly unpaid: readonly [Placed, Placed];
  readonly odd: Placed;
  /** Of `machine`. */
  readonly instanceId: string;
  readonly period: { readonly start: string; readonly end: string };
  /** The order that is never paid. */
  readonly forgotten: Placed;
}

export async function placeOrders(context: DemoContext): Promise<Orders> {
  const { narrator, role, mark } = context;
  narrator.chapter(
    '1 · Orders: paid and unpaid, of two invoicing entities, pay as you go, and one of a special category',
  );
  const machine = await place(context, 'A machine for a month.', subscription(role.machine));
  const other = await place(context, 'A product of another invoicing entity.', subscription(role.other));
  const byTheMinute = { productCode: role.machine, billType: 'postpay', chargeType: 'pay_as_you_go' };
  const metered = await place(context, 'A machine by the minute: nothing is owed up front.', byTheMinute);
  await pay(context, machine, 'The machine is paid.');
  await pay(context, other, 'The other one too.');
  const instanceId = `i-${mark}-1`;
  const { period, days } = machineMonth();
  const place1 = { region: 'Beijing', ipAddress: '10.0.0.8' };
  await fulfil(
    context,
    machine,
    `The machine was created: a period of ${days} days, 6 days and 4 hours of it gone.`,
    [{ instanceId, ...period, ...place1 }],
  );
  await fulfil(context, other, 'The other was created.', [{ instanceId: `i-${mark}-2`, ...period }]);
  await fulfil(context, metered, 'The metered one was created.', [
    { instanceId: `i-${mark}-3`, start: period.start },
  ]);
  const forgotten = await place(
    context,
    'A machine that somebody orders and forgets.',
    subscription(role.machine),
  );
  const odd = await place(context, 'One of a special category, unpaid.', subscription(role.odd));
  const first = await place(context, 'Two more machines, unpaid: the first.', subscription(role.machine));
  const second = await place(context, 'The second.', subscription(role.machine));
  return { machine, other, metered, unpaid: [first, second], odd, instanceId, period, forgotten };
}
