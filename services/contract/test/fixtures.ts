import type { Fact } from '@accord/events';
import {
  testService,
  type Client,
  type Reply,
  type TestService,
  type TestServiceOptions,
} from '@accord/testing';
import type { Order } from '../src/order-view.ts';
import { loadSealKey, type SealKey } from '../src/seal/seal-key.ts';
import { sampleAccount, sampleOrder } from './sample-orders.ts';

// The steps that tests of this service repeat: a service per provider, and customers with orders and contracts
// there.

type Provider = 'baidu' | 'alibaba';

export const waiting = { prefer: 'wait=10' };
/** Set `fails` and nothing is sealed; `chains` stand for the key's certificates. */
export const seal: {
  fails: boolean;
  before?: (() => Promise<void>) | undefined;
  chains?: SealKey['chains'] | undefined;
} = { fails: false };

const moody = (key: SealKey): SealKey => ({
  ...key,
  get chains() {
    return seal.chains ?? key.chains;
  },
  async sign(bytes) {
    await seal.before?.();
    if (seal.fails) throw new Error('the seal is out of ink');
    return key.sign(bytes);
  },
});

/** The next sealing stands still with its words printed: `reached` once it does, until `release`. */
export function stallNextSealing() {
  const [here, on] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  seal.before = () => {
    seal.before = undefined;
    here.resolve();
    return on.promise;
  };
  return { reached: here.promise, release: on.resolve };
}

export const codeOf = ({ status, body }: Reply) => [status, body.code];
export const announcedOf = (t: TestService, contractId: string) =>
  t.events
    .filter(({ subject }) => subject.id === contractId)
    .sort((a, b) => a.subject.version - b.subject.version)
    .map(({ type }) => type);

type Make = TestServiceOptions['service'];

/** The service with each of these profiles; they end with the file's tests. */
export function openOffices(
  service: (provider: Provider, sealKey: SealKey) => Make,
  ...providers: Provider[]
) {
  const running = new Map<Provider, TestService>();
  beforeAll(async () => {
    const sealKey = moody(await loadSealKey({ env: 'development' }));
    for (const provider of providers)
      running.set(provider, await testService({ service: service(provider, sealKey) }));
  });
  afterAll(async () => {
    for (const t of running.values()) await t.stop();
  });
  const at = (provider: Provider) => running.get(provider)!;
  return { at, customerOf: (provider: Provider) => customerOf(at(provider), provider) };
}

const entity = { baidu: 'baidu_netcom', alibaba: 'aliyun_computing' };
let accounts = 0;

/** A certified account of its own, with the steps that tests take with it. */
async function customerOf(t: TestService, provider: Provider) {
  const accountId = `acc_${provider}_${++accounts}`;
  const client = t.customer(accountId);
  const { accountId: _, ...facts } = sampleAccount();
  expect((await t.platform().put(`/v1/accounts/${accountId}`, facts)).status).toBe(200);
  const told = ordersOf(t, provider, accountId);
  return { t, accountId, client, ...told, ...contractsOf(t, client, told) };
}

/** The events of the order service about this account's orders. */
function ordersOf(t: TestService, provider: Provider, accountId: string) {
  const own = (order: Order): Order => ({
    ...order,
    accountId,
    ...(order.invoicingEntity === 'baidu_netcom' && { invoicingEntity: entity[provider] }),
  });
  const tell = (fact: Fact, repeat = 1) => t.publish(fact, { repeat });
  const placed = async (...orders: Order[]): Promise<Order[]> => {
    const owned = orders.map(own);
    for (const order of owned) await tell({ type: 'order.placed', data: { order } });
    await t.settled();
    return owned;
  };
  const reservedFact = (contractId: string, orders: readonly Order[]): Fact => {
    const holder = { kind: 'contract' as const, id: contractId };
    return {
      type: 'order.reserved',
      data: {
        holder,
        accountId,
        resources: [],
        orders: orders.map((order) => ({ ...order, version: order.version + 1, hold: holder })),
      },
    };
  };
  const reserve = async (contractId: string, orders: readonly Order[], repeat = 1) => {
    await tell(reservedFact(contractId, orders), repeat);
    await t.settled();
  };
  const dead = (order: Order, status: 'cancelled' | 'voided', version: number): Order => ({
    ...order,
    version,
    status,
    hold: null,
  });
  return { tell, placed, reservedFact, reserve, dead };
}

/** The requests of this customer about contracts. */
function contractsOf(
  t: TestService,
  client: Client,
  { tell, placed, reservedFact, reserve }: ReturnType<typeof ordersOf>,
) {
  const apply = async (...orders: Order[]): Promise<string> => {
    const reply = await client.post('/v1/contracts', {
      orderIds: orders.map(({ orderId }) => orderId),
      language: 'en',
    });
    expect(reply.status).toBe(202);
    return reply.body.data[0].contractId;
  };
  const draft = async (...orders: Order[]) => {
    const contractId = await apply(...orders);
    await reserve(contractId, orders);
    return contractId;
  };
  const official = async (...orders: Order[]) => {
    const contractId = await draft(...orders);
    expect((await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting)).body.status).toBe(
      'official',
    );
    return contractId;
  };
  /** A draft each, with one wait for them all. */
  const draftEach = async (count: number) => {
    const orders = await placed(...Array.from({ length: count }, () => sampleOrder()));
    const contractIds: string[] = [];
    for (const order of orders) {
      const contractId = await apply(order);
      await tell(reservedFact(contractId, [order]));
      contractIds.push(contractId);
    }
    await t.settled();
    return contractIds;
  };
  const get = async (contractId: string) => (await client.get(`/v1/contracts/${contractId}`)).body;
  return { apply, draft, draftEach, official, get };
}
