import { Agent, get } from 'node:http';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@accord/local';
import { asSuperuser } from '@accord/local/parts';
import { loadProfile } from '@accord/profile';
import { contentOf } from '../../services/contract/src/document/content.ts';
import { sampleAccount, sampleOrder } from '../../services/contract/test/sample-orders.ts';
import type { BareRendered, BareRendererAsk } from './bare-renderer.ts';
import { startChild } from './child.ts';
import type { Environment } from './environment.ts';
import { beside, median, percentile, residentMegabytes, round, type Figure } from './figure.ts';

const clients = 32;
const accounts = 16;
/** One processor is the service's own. */
const workers = Math.max(1, availableParallelism() - 1);

/** Twenty options of about sixty characters each. */
const longConfiguration = Array.from({ length: 20 }, (_, i) => ({
  name: `配置项 ${i + 1}`,
  value: `高性能云磁盘 ${(i + 1) * 100} GB, encrypted, snapshot policy daily-${i + 1}, zone cn-bj-d`,
}));

interface Draft {
  readonly url: string;
  readonly authorization: string;
  /** As the service's worker takes it. */
  readonly task: object;
}

/**
 * Drafts of one order, asked for by 32 clients of 16 accounts, beside the same renderer in as many threads without the
 * service; meanwhile one more client looks at a contract. Then drafts of 500 orders with a long configuration.
 */
export async function* benchRender(
  environment: Environment,
  { rounds = 3, ms = 5_000 } = {},
): AsyncGenerator<Figure> {
  const databaseUrl = await environment.makeDatabase('accord');
  const settings = { ACCORD_RENDER_WORKERS: String(workers), ACCORD_RENDER_QUEUE: '256' };
  const service = await environment.startService('contract', databaseUrl, settings);
  const draftOf = draftsIn(environment, { databaseUrl, service });
  const ones = await Promise.all(Array.from({ length: accounts }, (_, i) => draftOf(`acc_${i}`, [])));
  const long = await draftOf('acc_long', longConfiguration, 500);
  const bare = startChild(new URL('./bare-renderer.ts', import.meta.url));
  const ask = (asked: BareRendererAsk) => {
    bare.send(asked);
    return bare.answer<BareRendered>();
  };
  try {
    yield* await shortDrafts(ones, { ask, rounds, ms });
    yield* await longDrafts(long, { ask, service, rounds });
  } finally {
    await bare.stop();
    await service.stop();
  }
}

interface Around {
  readonly ask: (asked: BareRendererAsk) => Promise<BareRendered>;
  readonly rounds: number;
}

async function shortDrafts(
  ones: readonly Draft[],
  { ask, rounds, ms }: Around & { readonly ms: number },
): Promise<Figure[]> {
  const [ours, floors, quiet, meanwhile]: [number[], number[], number[], number[]] = [[], [], [], []];
  await load(ones, 1_000);
  for (let turn = 0; turn < rounds; turn += 1) {
    quiet.push(...(await looks(ones[0]!, sleep(ms))));
    const rendered = load(ones, ms);
    meanwhile.push(...(await looks(ones[0]!, rendered)));
    ours.push(await rendered);
    floors.push((await ask({ task: ones[0]!.task, workers, ms })).perSecond);
  }
  return [
    beside(
      `draft of one order, ${clients} clients, ${workers} workers`,
      'drafts/s',
      median(ours),
      median(floors),
    ),
    beside('one contract meanwhile, p95', 'ms', percentile(meanwhile, 0.95), percentile(quiet, 0.95)),
  ];
}

async function longDrafts(
  draft: Draft,
  { ask, service, rounds }: Around & { readonly service: ServiceProcess },
): Promise<Figure[]> {
  await sleep(45_000); // until the workers have rested, and their memory is given back
  const idle = residentMegabytes(service.pid);
  let peak = 0;
  const look = setInterval(() => (peak = Math.max(peak, residentMegabytes(service.pid))), 20);
  await fetched(draft.url + '/document', draft.authorization);
  const [ours, floors]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < rounds; turn += 1) {
    ours.push((await fetched(draft.url + '/document', draft.authorization)) / 1_000);
    floors.push(median((await ask({ task: draft.task, workers: 1, ms: 1 })).seconds));
  }
  clearInterval(look);
  await sleep(45_000);
  return [
    beside('draft of 500 orders, long configuration', 's', median(ours), median(floors)),
    { name: 'the same, memory grows by', value: round(peak - idle), unit: 'MB' },
    {
      name: 'memory after a rest, more than before',
      value: round(residentMegabytes(service.pid) - idle),
      unit: 'MB',
    },
  ];
}

const agent = new Agent({ keepAlive: true });

/** Reads an answer to its end; ms. @throws Error where it is not 200. */
const fetched = (url: string, authorization: string) =>
  new Promise<number>((resolve, reject) => {
    const began = performance.now();
    const request = get(url, { agent, headers: { authorization } }, (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - began);
        else reject(new Error(`${url}: ${answer.statusCode}`));
      });
    });
    request.once('error', reject);
  });

/** Drafts a second, each client asking again as soon as it has its file. */
async function load(drafts: readonly Draft[], ms: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, i) => {
      const { url, authorization } = drafts[i % drafts.length]!;
      for (; performance.now() - began < ms; count += 1) await fetched(`${url}/document`, authorization);
    }),
  );
  return (count * 1_000) / (performance.now() - began);
}

/** Latencies of 50 looks a second at one contract, ms, for as long as something else lasts. */
async function looks({ url, authorization }: Draft, lasts: Promise<unknown>): Promise<number[]> {
  let ended = false;
  const end = () => (ended = true);
  lasts.then(end, end);
  const latencies: number[] = [];
  while (!ended) {
    latencies.push(await fetched(url, authorization));
    await sleep(20);
  }
  return latencies;
}

/** Puts drafts where the service keeps them, with what it renders of them. */
const draftsIn =
  ({ issuer }: Environment, { databaseUrl, service }: { databaseUrl: string; service: ServiceProcess }) =>
  async (accountId: string, more: readonly { name: string; value: string }[], count = 1): Promise<Draft> => {
    const { certifiedName, certificate, address } = sampleAccount();
    const partyA = {
      name: certifiedName!,
      certificate,
      address: address?.address ?? null,
      contact: address ? `${address.recipient} ${address.phone}` : null,
    };
    const orders = Array.from({ length: count }, () => {
      const order = sampleOrder({ accountId });
      return { ...order, configuration: [...order.configuration, ...more] };
    });
    const contract = {
      contractId: `con_${accountId}`,
      number: `CT-2026-${accountId}`,
      kind: 'order' as const,
      language: 'zh-CN' as const,
      invoicingEntity: 'baidu_netcom',
      partyA,
      createdAt: new Date('2026-03-01T02:10:05.000Z'),
    };
    await asSuperuser(databaseUrl, async (client) => {
      await client.query(
        `insert into contracts.contracts (contract_id, version, account_id, number, kind, status, language,
           invoicing_entity, party_a, order_ids, created_at)
         values ($1, 2, $2, $3, $4, 'draft', $5, $6, $7, $8, $9)`,
        [
          contract.contractId,
          accountId,
          contract.number,
          contract.kind,
          contract.language,
          contract.invoicingEntity,
          JSON.stringify(partyA),
          orders.map(({ orderId }) => orderId),
          contract.createdAt,
        ],
      );
      await client.query(
        `insert into contracts.contract_orders (contract_id, order_id, account_id, position, snapshot)
         select $1, o ->> 'orderId', $2, n, o from jsonb_array_elements($3::jsonb) with ordinality t (o, n)`,
        [contract.contractId, accountId, JSON.stringify(orders)],
      );
    });
    const content = contentOf(contract, orders, {
      profile: loadProfile('baidu'),
      mark: 'draft',
      testSeal: true,
      ownTerms: new Map(),
    });
    const claims = { sub: `user_${accountId}`, account_id: accountId, scope: 'contracts:read' };
    return {
      url: `${service.url}/v1/contracts/${contract.contractId}`,
      authorization: `Bearer ${await issuer.token(claims)}`,
      task: { content },
    };
  };
