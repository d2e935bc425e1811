// Schemathesis over each service, with each kind of token and without one: requests made of the document, right
// and wrong ones, and every answer held against it. Exits 1 where an answer is not as described.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { System } from '@accord/local';
import { calendarEnd } from '@accord/profile';
import { clientOf, until, type Client, type Reply } from '@accord/testing';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { startForClients } from './system.ts';

const version = '4.32.5';
const usage =
  'npm run schemathesis [-- [--only part-of-a-name …] [--as customer|operator|platform|nobody …] [--seed S] ' +
  '[--examples N] [--home folder]]';
const callers = {
  customer: { kind: 'customer', accountId: 'acc_schemathesis' },
  operator: { kind: 'operator' },
  platform: { kind: 'platform' },
  nobody: undefined,
} as const;
const isCaller = (name: string): name is keyof typeof callers => name in callers;
const {
  only,
  as: asked,
  seed,
  examples,
  home,
} = commandLine(
  usage,
  {
    only: { type: 'string', multiple: true, default: [''] },
    as: { type: 'string', multiple: true, default: Object.keys(callers) },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    examples: { type: 'string', default: '25' },
    home: { type: 'string', default: fileURLToPath(new URL('../../.accord/clients', import.meta.url)) },
  },
  ({ values, positionals }) => {
    known(positionals, []);
    known(values.as, Object.keys(callers));
    return {
      ...values,
      seed: wholeNumber('seed', values.seed),
      examples: wholeNumber('examples', values.examples, 1),
    };
  },
);
const configuration = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
console.log(`seed ${seed}`);
mkdirSync(home, { recursive: true });
const bin = join(home, 'schemathesis', 'bin');
if (!existsSync(bin)) execFileSync('python3', ['-m', 'venv', join(home, 'schemathesis')]);
if (!existsSync(join(bin, 'schemathesis')))
  execFileSync(join(bin, 'pip'), ['install', '--quiet', `schemathesis==${version}`], { stdio: 'inherit' });

const system = await startForClients(home);
try {
  const services = Object.keys(system.services).filter((name) => only.some((part) => name.includes(part)));
  const there = configurationOf(await peopled(system));
  for (const service of services)
    for (const caller of asked.filter(isCaller)) {
      const ask = callers[caller];
      const token = ask && (await system.token(ask));
      /** @returns whether every answer was as described. */
      const run = async (configuration: string, phases: string): Promise<boolean> => {
        const process = spawn(
          join(bin, 'schemathesis'),
          [
            ...['--config-file', configuration, 'run', '--checks', 'all', '--phases', phases],
            ...[`${system.url}/openapi/${service}.json`, '--url', system.url],
            ...(token ? ['--header', `Authorization: Bearer ${token}`] : []),
            ...['--seed', String(seed), '--max-examples', String(examples), '--no-color'],
          ],
          { stdio: 'inherit' },
        );
        return ((await once(process, 'close')) as [number | null])[0] === 0;
      };
      const any = await run(configuration, 'examples,coverage,fuzzing,stateful');
      const known = await run(there, 'examples,fuzzing');
      console.log(
        `${service} ${ask ? `as ${caller}` : 'without a token'}: ${any && known ? 'no failure' : 'failures above'}`,
      );
      if (!any || !known) process.exitCode = 1;
    }
} finally {
  await system.stop();
}

/** The configuration, where every path names what is there: names that are made up reach little behind a 404. */
function configurationOf(ids: Readonly<Record<string, string>>): string {
  const paths = Object.entries(ids).map(([name, id]) => `"path.${name}" = "${id}"`);
  const file = join(home, 'schemathesis.toml');
  const rules = readFileSync(configuration, 'utf8');
  writeFileSync(file, rules.replace('[parameters]\n', ['[parameters]', ...paths, ''].join('\n')));
  return file;
}

/** An order of the customer's with its instance, its contract, a quote, a file and a transfer that was claimed. */
async function peopled(system: System): Promise<Readonly<Record<string, string>>> {
  const { accountId } = callers.customer;
  const [customer, operator, platform] = [callers.customer, callers.operator, callers.platform].map((ask) =>
    clientOf(system.url, () => system.token(ask)),
  ) as [Client, Client, Client];
  const done = async (reply: Promise<Reply>) => {
    const { status, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  };
  const payerName = '北京示例科技有限公司';
  const { body: known } = await platform.get(`/v1/accounts/${accountId}`);
  const facts = { version: (known.version ?? 0) + 1, certifiedName: payerName, contacts: [] };
  await done(platform.put(`/v1/accounts/${accountId}`, facts));
  const duration = { unit: 'month', value: 1 } as const;
  const terms = { productCode: 'BCC', billType: 'prepay', chargeType: 'subscription', duration };
  const placed = () => done(customer.post('/v1/orders', terms));
  const [{ orderId, payableAmount: amount }, { orderId: claimed }] = [await placed(), await placed()];
  const key = { 'idempotency-key': orderId as string };
  const payment = { paymentReference: orderId, parts: { cash: amount } };
  await done(platform.post(`/v1/orders/${orderId}/payments`, payment, key));
  const { paidAt: start } = await done(customer.get(`/v1/orders/${orderId}`));
  const instanceId = `i-${orderId.slice(-12)}`;
  const end = calendarEnd(new Date(start), duration, 'Asia/Shanghai').toISOString();
  const instances = [{ instanceId, start, end }];
  await done(platform.post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'created', instances }));
  const transfer = { bankReference: `bank-${orderId}`, amount };
  await done(platform.post('/v1/remittances', { ...transfer, payerName, receivedAt: start }));
  const claim = await done(customer.post('/v1/remittance-claims', { ...transfer, orderId: claimed }, key));
  const { exportId } = await done(customer.post('/v1/exports', {}, { prefer: 'wait=10' }));
  const [{ remittanceId }] = (await done(operator.get('/v1/remittances?limit=1'))).data;
  const application = () => customer.post('/v1/contracts', { orderIds: [orderId] }, { prefer: 'wait=10' });
  await until('the contract service knows the order', async () => {
    const { data } = await done(customer.get('/v1/contracts/eligible-orders'));
    return data.some((order: { orderId: string }) => order.orderId === orderId);
  });
  const [{ contractId }] = (await done(application())).data;
  const { quoteId } = await done(customer.post('/v1/refund-quotes', { instanceIds: [instanceId] }));
  const { claimId } = claim;
  return {
    accountId,
    orderId,
    instanceId,
    productCode: 'BCC',
    exportId,
    remittanceId,
    claimId,
    contractId,
    quoteId,
  };
}
