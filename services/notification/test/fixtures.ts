import { readFileSync } from 'node:fs';
import { parseFact, type Data, type EventType, type Fact } from '@accord/events';

const samples = new URL('../../../libs/events/samples/', import.meta.url);

/** The recorded sample of a type, as a fact. */
export function sample<T extends EventType>(type: T): Fact<T> {
  const { value } = JSON.parse(readFileSync(new URL(`${type}.1.json`, samples), 'utf8')) as {
    value: unknown;
  };
  return parseFact(type, value) as Fact<T>;
}

type OrderEvent = Extract<
  EventType,
  'order.placed' | 'order.paid' | 'order.cancelled' | 'order.released' | 'order.voided'
>;
type Order = Data<'order.placed'>['order'];
export function orderFact<T extends OrderEvent>(type: T, order: Partial<Order>, more: object = {}): Fact {
  const { data } = sample(type) as { data: { order: Order } };
  return { type, data: { ...data, ...more, order: { ...data.order, hold: null, ...order } } } as Fact;
}

type ContractEvent = Extract<EventType, `contract.${string}`>;
type Contract = Data<'contract.drafted'>['contract'];
export function contractFact<T extends ContractEvent>(
  type: T,
  contract: Partial<Contract>,
  more: object = {},
): Fact {
  const { data } = sample(type) as unknown as { data: { contract: Contract } };
  return { type, data: { ...data, ...more, contract: { ...data.contract, ...contract } } } as unknown as Fact;
}

type Contact = Data<'account.updated'>['account']['contacts'][number];
export function accountFact(accountId: string, version: number, contacts: Partial<Contact>[]): Fact {
  const { data } = sample('account.updated');
  const whole = contacts.map((contact, i): Contact => ({
    contactId: `${accountId}-c${i}`,
    name: 'Chen Xing',
    email: `${accountId}-${i}@example.com`,
    phone: null,
    locale: 'en',
    timeZone: 'Asia/Shanghai',
    classes: ['orders', 'contracts', 'refunds', 'security'],
    ...contact,
  }));
  return {
    type: 'account.updated',
    data: { account: { ...data.account, accountId, version, contacts: whole } },
  };
}
