import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { openAudit } from '@accord/audit';
import { breaches, type Mail } from '@accord/local';
import { roleUrl } from '@accord/postgres/provision';
import { developmentPassword, until } from '@accord/testing';
import type { Environment } from './environment.ts';
import { machine, type Done } from './load.ts';
import { halfDone } from './masses.ts';

/**
 * The differences: all that the history says and the final state does not, and all that the auditor finds, a
 * line each; empty where all is well (EVT-35, EVT-37).
 */
export async function differences(
  environment: Pick<Environment, 'databaseUrl' | 'kafka' | 'mails'>,
  history: readonly Done[],
): Promise<string[]> {
  await breaches(environment.databaseUrl, { settleMs: 180_000 }); // until it has come to rest
  const client = new pg.Client({ connectionString: environment.databaseUrl });
  await client.connect();
  try {
    // A contract that a process was sealing when it died is sealed once its lease has run out.
    await untilNone(client, `contracts.contracts where status = 'sealing'`, 180_000);
    await untilNone(client, `orders.exports where status = 'running'`, 180_000);
    return [
      ...(await audited(environment)),
      ...(await unseen(client, history)),
      ...(await halfDone(client)),
      ...(await unmailed(client, environment.mails, history)),
    ];
  } finally {
    await client.end();
  }
}

/** Until there is no such row, or the time is up: what is still there then is found by the comparison. */
async function untilNone(client: pg.Client, rows: string, atMostMs: number): Promise<void> {
  const isThere = async () => (await client.query(`select from ${rows} limit 1`)).rowCount !== 0;
  await until(`there is nothing in ${rows}`, async () => !(await isThere()), {
    atMostMs,
    everyMs: 200,
  }).catch(() => undefined);
}

async function audited({
  databaseUrl,
  kafka,
}: Pick<Environment, 'databaseUrl' | 'kafka'>): Promise<string[]> {
  const auditor = 'accord_auditor';
  const ask = {
    databaseUrl: roleUrl(databaseUrl, auditor, developmentPassword(auditor)),
    brokers: [kafka().brokers],
    topicPrefix: '',
    log: pino({ level: 'silent' }),
  };
  const audit = openAudit(ask);
  try {
    const { broken, moving, messages } = await audit.round({ settleMs: 10_000 });
    if (messages === 0) throw new Error('the auditor has read nothing');
    return [...broken, ...moving].map(({ rule, says, id, found }) => `${rule} ${says}: ${id} ${found}`);
  } finally {
    await audit.close();
  }
}

async function unseen(client: pg.Client, history: readonly Done[]): Promise<string[]> {
  const { rows: orders } = await client.query<{
    id: string;
    status: string;
    fulfilment: string;
    isPaid: boolean;
    isPaidWhole: boolean;
  }>(
    `select order_id as id, status, fulfilment, cash_paid > 0 as "isPaid", cash_paid = 45 as "isPaidWhole"
      from orders.orders where account_id like 'acc\\_f%'`,
  );
  const { rows: contracts } = await client.query<{ id: string; status: string; isPaidMeanwhile: boolean }>(
    `select contract_id as id, status, kind = 'payment_request' and exists (
              select from contracts.contract_orders join orders.orders o using (order_id)
              where contract_orders.contract_id = c.contract_id and o.cash_paid > 0) as "isPaidMeanwhile"
       from contracts.contracts c where account_id like 'acc\\_f%'`,
  );
  const { rows: refunds } = await client.query<{
    id: string;
    status: string;
    kind: string;
    orderIds: string[];
    isWhole: boolean;
  }>(
    'select refund_id as id, status, kind, order_ids as "orderIds", amount = 45 as "isWhole" from refunds.refunds',
  );
  const orderOf = new Map(orders.map((order) => [order.id, order]));
  const contractOf = new Map(contracts.map((contract) => [contract.id, contract]));
  const accepted = (what: Done['what']) => history.filter((done) => done.what === what && done.status < 300);
  const lines: string[] = [];

  const placed = new Set(accepted('place').map(({ id }) => id!));
  for (const id of placed)
    if (!orderOf.has(id)) lines.push(`EVT-35 order ${id} was accepted and is not there`);
  for (const { id } of orders)
    if (!placed.has(id)) lines.push(`EVT-35 order ${id} is there and nobody was told`);
  if (accepted('place').length !== placed.size) lines.push('EVT-35 one order answered two keys');

  const paid = new Set(accepted('pay').map(({ id }) => id!));
  for (const id of paid)
    if (!orderOf.get(id)?.isPaidWhole)
      lines.push(`EVT-35 payment of ${id} was accepted, and is not recorded as it was told`);
  for (const { id, isPaid } of orders)
    if (isPaid && !paid.has(id)) lines.push(`EVT-35 order ${id} is paid and nobody was told`);
  for (const { id } of accepted('cancel'))
    if (orderOf.get(id!)?.status !== 'cancelled')
      lines.push(`EVT-35 order ${id} was cancelled and is ${orderOf.get(id!)?.status}`);
  const applied = new Set(accepted('apply').map(({ id }) => id!));
  for (const id of applied)
    if (!contractOf.has(id)) lines.push(`EVT-35 contract ${id} was accepted and is not there`);
  for (const { id, status } of contracts)
    if (status !== 'refused' && !applied.has(id))
      lines.push(`EVT-35 contract ${id} is ${status} and nobody was told`);
  for (const { id } of accepted('void'))
    if (contractOf.get(id!)?.status !== 'voided')
      lines.push(`EVT-35 contract ${id} was voided and is ${contractOf.get(id!)?.status}`);
  for (const { id } of accepted('finalize')) {
    const { status, isPaidMeanwhile } = contractOf.get(id!) ?? {};
    // A payment request whose order was paid while it waited for the seal is a draft again (CTR-29).
    const isDone = status === 'official' || status === 'voided' || (status === 'draft' && isPaidMeanwhile);
    if (!isDone) lines.push(`EVT-35 contract ${id} was to be sealed and is ${status}`);
  }

  for (const { id } of accepted('create'))
    if (orderOf.get(id!)?.fulfilment !== 'created')
      lines.push(`EVT-35 order ${id} was created, recorded is ${orderOf.get(id!)?.fulfilment}`);
  for (const { id } of accepted('fail')) {
    const back = refunds.filter(
      ({ kind, orderIds }) => kind === 'failed_fulfilment' && orderIds.includes(id!),
    );
    const once = back.length === 1 && back[0]!.status === 'succeeded' && back[0]!.isWhole;
    if (!once)
      lines.push(`EVT-35 order ${id} could not be created and is refunded as ${JSON.stringify(back)}`);
  }
  const asked = new Set(accepted('refund').map(({ id }) => id!));
  const refundOf = new Map(refunds.map((refund) => [refund.id, refund]));
  for (const id of asked)
    if (!['succeeded', 'refused'].includes(refundOf.get(id)?.status ?? ''))
      lines.push(`EVT-35 refund ${id} was accepted and is ${refundOf.get(id)?.status}`);
  for (const { id, kind } of refunds)
    if (kind !== 'failed_fulfilment' && !asked.has(id))
      lines.push(`EVT-35 refund ${id} is there and nobody was told`);
  return lines;
}

/**
 * NTF-5: of every payment that was accepted one mail, and every mail that is called sent has arrived; one may
 * come twice, under its own id, where its sender died before it knew.
 */
async function unmailed(
  client: pg.Client,
  mails: readonly Mail[],
  history: readonly Done[],
): Promise<string[]> {
  // A mail whose sender died waits a minute for the next.
  await untilNone(
    client,
    `notifications.notifications where channel = 'email' and status in ('pending', 'sending', 'retry_wait')`,
    180_000,
  );
  const { rows } = await client.query<{ id: string; status: string; type: string; of: string }>(
    `select notification_id as id, status, event_type as type, aggregate_id as of
      from notifications.notifications join notifications.timeline_events using (event_id) where channel = 'email'`,
  );
  const arrived = new Set(mails.map(({ raw }) => /^message-id: <([^@>]+)@/im.exec(raw)?.[1]));
  const known = new Set(rows.map(({ id }) => id));
  const paid = Map.groupBy(
    rows.filter(({ type }) => type === 'order.paid'),
    ({ of }) => of,
  );
  const told = new Set(
    history.filter(({ what, status }) => what === 'pay' && status < 300).map(({ id }) => id!),
  );
  return [
    ...rows
      .filter(({ status }) => status !== 'sent')
      .map(({ id, type, status }) => `NTF-5 mail ${id} about ${type} is ${status}`),
    ...rows
      .filter(({ id, status }) => status === 'sent' && !arrived.has(id))
      .map(({ id }) => `NTF-5 mail ${id} was sent and has not arrived`),
    ...[...arrived].filter((id) => !known.has(id!)).map((id) => `NTF-5 mail ${id} arrived and is nobody's`),
    ...[...told]
      .filter((id) => paid.get(id)?.length !== 1)
      .map((id) => `NTF-5 the payment of ${id} has ${paid.get(id)?.length ?? 0} mails`),
  ];
}

/** Until an order that is placed now is known to the contract service, and every service is ready: ms. */
export async function recovery(
  environment: Pick<Environment, 'customer' | 'services'>,
  withinMs: number,
): Promise<number> {
  const started = performance.now();
  const { orders, contracts } = environment.customer('acc_canary');
  let orderId: string | undefined;
  for (;;) {
    if (performance.now() - started > withinMs) throw new Error(`not recovered after ${withinMs} ms`);
    try {
      orderId ??= (await orders.post('/v1/orders', machine)).body?.orderId as string | undefined;
      const known = orderId && (await contracts.post('/v1/contracts/preview', { orderIds: [orderId] }));
      const ready = await Promise.all(
        [...environment.services.values()].map(({ opsUrl }) =>
          fetch(`${opsUrl}/readyz`).then(({ ok }) => ok),
        ),
      );
      if (known && known.status === 200 && known.body.refusals.length === 0 && ready.every(Boolean))
        return performance.now() - started;
    } catch {
      // Not yet.
    }
    await sleep(50);
  }
}

/** Orders that are placed while it lasts and not taken within 2 s, a line each. */
export async function turnedAway(environment: Environment, lasts: Promise<void>): Promise<string[]> {
  const { orders } = environment.customer('acc_canary');
  const lines: string[] = [];
  let isOver = false;
  void lasts.catch(() => undefined).then(() => (isOver = true));
  for (const started = performance.now(); !isOver; await sleep(200)) {
    const at = `${((performance.now() - started) / 1_000).toFixed(1)} s into it`;
    const late = sleep(2_000).then(() => ({ status: 'nothing within 2 s' }));
    const { status } = await Promise.race([
      orders.post('/v1/orders', machine).catch((error: Error) => ({ status: error.message })),
      late,
    ]);
    if (status !== 201) lines.push(`an order placed ${at} was answered with ${status}`);
  }
  return lines;
}
