import type { Tx } from '@accord/core';
import { eventTypes, type Event } from '@accord/events';
import { eventsAbout, projecting, type Projection } from './read-model.ts';
import type { Subscription } from './subscription.ts';

const told = { type: 'webhook.disabled' } as Event<'webhook.disabled'>;

test('EVT-13 the projections of an event run before its processes, and each row is locked once', async () => {
  const done: string[] = [];
  const step = (name: string, ...ids: string[]) => ({ on: () => void done.push(name), locks: () => ids });
  const model = (name: string) => ({
    name,
    tables: [],
    projections: { 'webhook.disabled': step(name, 'a', 'b') },
  });
  const { 'webhook.disabled': subscription, ...others } = projecting(
    [model('one'), model('two')],
    [
      { 'webhook.disabled': { ...step('process', 'b', 'c'), on: async () => void done.push('process') } },
      { 'webhook.disabled': step('next process', 'c', 'd'), 'order.placed': step('other') },
    ],
  );
  await (subscription as Subscription<'webhook.disabled'>).on({} as Tx, told);
  expect([done, (subscription as Subscription<'webhook.disabled'>).locks!(told)]).toEqual([
    ['one', 'two', 'process', 'next process'],
    ['a', 'b', 'c', 'd'],
  ]);
  expect(Object.keys(others)).toEqual(['order.placed']);
});

test('EVT-13 a projection that would announce, read or ask for the time does not type-check', () => {
  const refused: Projection<'webhook.disabled'>[] = [
    // @ts-expect-error it announces nothing
    { on: (view, { data }) => view.emit({ type: 'webhook.disabled', data }) },
    // @ts-expect-error it reads nothing
    { on: (view) => view.many('select 1') },
    // @ts-expect-error it knows no time
    { on: (view) => view.write('select $1', [view.now]) },
    // @ts-expect-error it is given no transaction
    { on: (tx: Tx) => tx.write('select 1') },
  ];
  expect(refused).toHaveLength(4);
});

test('EVT-13 a projection about a noun gets every event type about it, and no other', () => {
  const projection: Projection<'resource.changed'> = { on: () => undefined };
  expect(eventsAbout('resource', projection)).toEqual({ 'resource.changed': projection });

  const ofOrders = eventsAbout('order', { on: () => undefined });
  expect(Object.keys(ofOrders)).toEqual(
    eventTypes.filter((type) => type.startsWith('order.') && !type.startsWith('order.reserv')),
  );
});

test('EVT-13 a projection about a noun that does not fit each of its event types does not type-check', () => {
  // @ts-expect-error only order.paid has a payment reference
  const projections = eventsAbout('order', { on: (_writer, { data }) => void data.paymentReference });
  expect(Object.keys(projections)).toContain('order.paid');
});

test('one subscription is for every event type about a noun as well', () => {
  const subscription: Subscription<'resource.changed'> = {
    on: async (tx) => void (await tx.many('select 1')),
  };
  expect(eventsAbout('resource', subscription)).toEqual({ 'resource.changed': subscription });
});
