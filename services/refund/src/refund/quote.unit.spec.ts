import { bought, cny, ends, exampleOrder, exampleResource } from '../../test/fixtures.ts';
import { changesOf, knownFacts } from './quote.ts';

const place = { region: null, ipAddress: null };
const order = exampleOrder({ instances: [{ instanceId: 'i-1', start: bought, end: ends, ...place }] });
const resource = exampleResource();
const known = (change: { order?: object; resource?: object } = {}) =>
  knownFacts(['i-1'], {
    orders: [{ ...order, ...change.order }],
    resources: [{ ...resource, ...change.resource }],
  });
const changes = (change: Parameters<typeof known>[0]) => changesOf(known(), known(change));
const ofInstance = { instanceId: 'i-1', orderId: null };
const ofOrder = { instanceId: null, orderId: 'ord_1' };

test('RFD-13 what changed since is told fact by fact, of the instance, of its orders, and of their periods', () => {
  expect(changes({})).toEqual([]);
  expect(changes({ resource: { usage: '3.5', frozenBy: 'police', released: true } })).toEqual([
    { ...ofInstance, fact: 'usage', before: '0', now: '3.5' },
    { ...ofInstance, fact: 'frozenBy', before: null, now: 'police' },
    { ...ofInstance, fact: 'released', before: 'false', now: 'true' },
  ]);
  expect(changes({ order: { invoiced: true, cashPaid: cny('44.00') } })).toEqual([
    { ...ofOrder, fact: 'invoiced', before: 'false', now: 'true' },
    { ...ofOrder, fact: 'cashPaid', before: '45.00', now: '44.00' },
  ]);
  const later = '2026-01-13T11:00:00.000Z';
  expect(
    changes({ order: { instances: [{ instanceId: 'i-1', start: later, end: ends, ...place }] } }),
  ).toEqual([{ instanceId: 'i-1', orderId: 'ord_1', fact: 'periodStart', before: bought, now: later }]);
});

test('RFD-13 what says nothing about the refund is no change: versions, holds, places, other instances', () => {
  const hold = { kind: 'refund', id: 'rfd_1' };
  expect(changes({ order: { version: 9, hold, refundState: 'in_progress' } })).toEqual([]);
  expect(changes({ resource: { version: 9, reportVersion: 9, region: 'bj' } })).toEqual([]);
  const other = { ...resource, instanceId: 'i-2', usage: '99' };
  expect(changesOf(known(), knownFacts(['i-1'], { orders: [order], resources: [resource, other] }))).toEqual(
    [],
  );
});

test('RFD-13 an order that came or went since is told as well', () => {
  const both = knownFacts(['i-1'], {
    orders: [order, { ...order, orderId: 'ord_2' }],
    resources: [resource],
  });
  expect(changesOf(known(), both)).toContainEqual({
    instanceId: null,
    orderId: 'ord_2',
    fact: 'status',
    before: null,
    now: 'paid',
  });
  expect(changes({ order: { status: 'voided' } })).toContainEqual({
    ...ofOrder,
    fact: 'status',
    before: 'paid',
    now: null,
  });
});
