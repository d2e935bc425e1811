import { add, equal, subtract } from '@accord/money';
import { calendarEnd } from '@accord/profile';
import { day, fulfil, money, partOf, pay, place, usedOf, type DemoContext, type Placed } from './context.ts';
import { balanceOf, giveBackRenewal } from './refunds.ts';

const month = { value: 1, unit: 'month' } as const;
const oneMonth = (start: Date) => ({
  start: start.toISOString(),
  end: calendarEnd(start, month, 'Asia/Shanghai').toISOString(),
});

/** By so much the month is dearer on the large plan. */
const dearer = '93.00';

/** The instance is renewed in vain, changed to a dearer plan, renewed on that, and changed back. */
export async function changePlans(context: DemoContext): Promise<void> {
  const { narrator, role, mark, settings } = context;
  narrator.chapter(
    '8 · Plans: a renewal that is given back, an upgrade for the rest of the month, a downgrade',
  );
  const instanceId = `i-${mark}-plan`;
  const order = (orderType: string, plan?: string, duration: object | null = null) => ({
    productCode: role.planned,
    orderType,
    billType: 'prepay',
    chargeType: 'subscription',
    instanceIds: orderType === 'purchase' ? [] : [instanceId],
    ...(plan && { plan }),
    duration,
  });
  const running = oneMonth(new Date(Date.now() - 2 * day - 4 * 3_600_000));
  const small = await place(context, 'A small server for a month.', order('purchase', 'small', month));
  await pay(context, small, 'It is paid,');
  await fulfil(context, small, 'and was created 2 days and 4 hours ago.', [{ instanceId, ...running }]);

  const renew = async (what: string, amount: string) => {
    const renewal = await place(context, 'It is renewed for a month.', order('renewal', undefined, month));
    narrator.check(renewal.amount === amount, `at the price of the plan that it has: ${amount} (ORD-24)`);
    await pay(context, renewal, 'The renewal is paid,');
    await fulfil(context, renewal, what, [{ instanceId, ...oneMonth(new Date(running.end)) }]);
    return renewal;
  };
  const given = await renew('and the server runs a month longer.', '45.00');
  await giveBackRenewal(context, { instanceId, renewal: given, end: running.end });

  const upgrade = await place(context, 'It becomes a large one.', order('upgrade', 'large'));
  const { unit, used, of } = usedOf(running, upgrade.createdAt, settings.rules);
  const cost = partOf(dearer, of - used, of);
  narrator.check(
    upgrade.amount === cost,
    `138.00 instead of 45.00 for ${of - used} of ${of} ${unit}: ${cost} (ORD-24)`,
  );
  await pay(context, upgrade, 'The difference is paid,');
  await fulfil(context, upgrade, 'and the server is large.', [{ instanceId }]);

  await renew('and the server runs a month longer again.', '138.00');

  await downgrade(context, order('downgrade', 'small'), { instanceId, running });
}

/** Back to the small one: nothing comes back (baidu), or the difference of all that is left does (alibaba, example). */
async function downgrade(
  context: DemoContext,
  body: object,
  { instanceId, running }: { instanceId: string; running: ReturnType<typeof oneMonth> },
): Promise<void> {
  const { narrator, settings } = context;
  const before = await balanceOf(context);
  const order: Placed = await place(context, 'It becomes a small one again, which costs nothing.', body);
  const given = [{ instanceId }];
  if (settings.rules.orders.downgradeReturns === 'none') {
    await fulfil(context, order, 'From now on it is small; nothing comes back (ORD-24).', given);
    return;
  }
  await fulfil(context, order, 'From now on it is small, and the difference comes back.', given, [
    'refund.difference_returned',
    ...(['order.changed', 'order.changed', 'order.changed'] as const),
  ]);
  const back = subtract(await balanceOf(context), before);
  const { unit, used, of } = usedOf(running, order.createdAt, settings.rules);
  const expected = add(money(partOf(dearer, of - used, of)), money(dearer));
  narrator.check(
    equal(back, expected),
    `${dearer} less for ${of - used} of ${of} ${unit} and for the month to come: ${expected.amount} is back (ORD-24)`,
  );
}
