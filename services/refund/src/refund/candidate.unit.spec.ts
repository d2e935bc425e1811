import { loadProfile } from '@accord/profile';
import { bought, cny, dayMs, ends, exampleOrder, exampleResource, parts } from '../../test/fixtures.ts';
import type { Order, Resource } from './candidate.ts';
import { quoteInstances } from './quote.ts';

const baidu = loadProfile('baidu');
const later = (time: string, days: number) => new Date(new Date(time).getTime() + days * dayMs).toISOString();
const from = (instanceId: string, days: number) => ({
  instanceId,
  start: later(bought, days),
  end: later(ends, days),
  region: null,
  ipAddress: null,
});
const ofUntoldEnd = ({ instanceIds }: Order) =>
  instanceIds.map((instanceId) => exampleResource({ instanceId, end: null }));
const quote = (order: Order, at: string, resources: readonly Resource[] = ofUntoldEnd(order)) =>
  quoteInstances(
    order.instanceIds,
    {
      orders: [order],
      resources,
      contracts: [],
      claims: [],
      returnedRenewals: [],
      bundles: [],
      refundsThisYear: 0,
      refunded: [],
    },
    { at: new Date(at), kind: 'unsubscribe' },
    baidu,
  ).map(({ amounts, reasons }) => amounts && [amounts.refund.amount, ...reasons.map(({ code }) => code)]);

test('RFD-6 RFD-22 each instance goes by the period that the order pays for there, as last reported', () => {
  const order = exampleOrder({
    paid: parts({ cash: '90.00' }),
    instanceIds: ['i-1', 'i-2'],
    instances: [from('i-1', 0), from('i-2', 3)],
    servicePeriod: { start: bought, end: later(ends, 3) },
  });
  // At once, 2 of 31 days later, and when the first has ended.
  expect(quote(order, later(bought, 0.1))).toEqual([['43.55'], ['45.00']]);
  expect(quote(order, later(bought, 4.5))).toEqual([['37.74'], ['42.10']]);
  expect(quote(order, later(ends, 0.5))).toEqual([['0.00', 'EXPIRED'], ['2.90']]);
});

test('RFD-22 an order announced before it said so is computed where one period tells all', () => {
  const one = exampleOrder({ cashPaid: cny('45.00') });
  expect(quote(one, later(bought, 0.1))).toEqual([['43.55']]);
  const several = exampleOrder({
    instanceIds: ['i-1', 'i-2'],
    servicePeriod: { start: bought, end: later(ends, 5) },
  });
  expect(quote(several, later(bought, 0.1))).toEqual([
    [expect.any(String), 'PRODUCT_NOT_SUPPORTED'],
    [expect.any(String), 'PRODUCT_NOT_SUPPORTED'],
  ]);
  // The platform reports the periods, each by its instance, and once more where it was wrong: that mends it.
  const reported = (days: number) =>
    [exampleResource(), { ...from('i-2', days) }].map((one) => exampleResource(one));
  expect(quote(several, later(bought, 0.1), reported(5))).toEqual([['21.77'], ['22.50']]);
  expect(quote(several, later(bought, 6.5), reported(5))).toEqual([['17.42'], ['21.05']]);
  expect(quote(several, later(bought, 6.5), reported(4))).toEqual([['17.42'], ['20.32']]);
  const untold = exampleOrder({ servicePeriod: null });
  expect(quote(untold, later(bought, 0.1))).toEqual([['45.00', 'PRODUCT_NOT_SUPPORTED']]);
  expect(quote(untold, later(bought, 0.1), [exampleResource()])).toEqual([['43.55']]);
  const told = { ...several, instances: [from('i-1', 0), from('i-2', 5)] };
  expect(quote(told, later(bought, 0.1))).toEqual([['21.77'], ['22.50']]);
});

test('ORD-26 before the last instance is told none is refundable', () => {
  const partial = exampleOrder({
    count: 2,
    fulfilment: 'creating',
    instances: [from('i-1', 0)],
    servicePeriod: null,
  });
  expect(quote(partial, later(bought, 0.1))).toEqual([['21.77', 'TRADE_IN_PROGRESS']]);
});
