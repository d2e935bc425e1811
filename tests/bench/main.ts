// Figures of this machine, each beside its floor measured in the same run.
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { benchCancelAndPay } from './cancel-and-pay.ts';
import { benchConsumer } from './consumer.ts';
import { startDebezium } from './debezium.ts';
import { benchEffect } from './effect.ts';
import { startEnvironment, type Environment } from './environment.ts';
import { benchExpiry } from './expiry.ts';
import { benchExport } from './export.ts';
import type { Figure } from './figure.ts';
import { benchList } from './list.ts';
import { startLoad } from './load.ts';
import { benchPlaceOrder } from './place-order.ts';
import { benchPoison } from './poison.ts';
import { benchReceived } from './received.ts';
import { benchRelay } from './relay.ts';
import { benchRender } from './render.ts';
import { startSecuredEnvironment } from './secured-way.ts';
import { openShop } from './shop.ts';
import { benchStart } from './start.ts';
import { benchWires } from './wires.ts';

const names = [
  'start',
  'relay',
  'received',
  'consumer',
  'poison',
  'place-order',
  'cancel',
  'pay',
  'effect',
  'expiry',
  'export',
  'render',
  'list',
  'statistics',
  'wires',
];
const usage = `npm run bench [-- [--json] [--rows N] [--orders N,N …] [--of-one TENTHS] [${names.join('|')} …]]`;
const { json, chosen, rows, sizes, ofOne } = commandLine(
  usage,
  {
    json: { type: 'boolean', default: false },
    // Of the part export.
    rows: { type: 'string', default: '1000000' },
    // Of the parts list and statistics: how many orders, and how many of ten are one account's.
    orders: { type: 'string', default: '10000,1000000' },
    'of-one': { type: 'string', default: '3' },
  },
  ({ values, positionals }) => {
    known(positionals, names);
    const sizes = values.orders.split(',').map((size) => wholeNumber('orders', size, 1));
    const ofOne = wholeNumber('of-one', values['of-one'], 1);
    const rows = wholeNumber('rows', values.rows, 1);
    return { json: values.json, chosen: positionals, rows, sizes, ofOne };
  },
);
const wanted = (name: string) => chosen.length === 0 || chosen.includes(name);

const show = ({ name, value, unit, floor, ratio }: Figure) =>
  console.log(
    json
      ? JSON.stringify({ name, value, unit, floor, ratio })
      : `${name.padEnd(48)} ${`${value} ${unit}`.padEnd(20)} floor ${floor ?? '-'}, ratio ${ratio ?? '-'}`,
  );

let environment: Environment | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void (environment?.stop() ?? Promise.resolve()).finally(() => process.exit(130)));
try {
  if (names.some((name) => name !== 'wires' && wanted(name)))
    await measure((environment = await startEnvironment()));
  await environment?.stop();
  if (wanted('wires')) {
    const both = await startSecuredEnvironment();
    ({ environment } = both);
    const load = startLoad();
    for await (const figure of benchWires(both, load)) show(figure);
    load.stop();
  }
} finally {
  await environment?.stop();
}

async function measure(environment: Environment): Promise<void> {
  // Before there is a backlog for the services to begin with.
  if (wanted('start'))
    (await benchStart(environment, await environment.makeDatabase('accord'))).forEach(show);
  if (wanted('relay') || wanted('received')) {
    const debezium = await startDebezium(environment);
    if (wanted('relay')) (await benchRelay(environment, debezium)).forEach(show);
    if (wanted('received') && debezium) (await benchReceived(environment, debezium)).forEach(show);
    await debezium?.stop();
  }
  if (wanted('consumer')) (await benchConsumer(environment)).forEach(show);
  if (wanted('poison')) show(await benchPoison(environment));
  const commands = (['cancel', 'pay'] as const).filter(wanted);
  if (commands.length > 0 || ['place-order', 'effect', 'expiry'].some(wanted)) {
    const load = startLoad();
    const shop = await openShop(environment);
    if (wanted('place-order')) show(await benchPlaceOrder(environment, shop, load));
    if (commands.length > 0) (await benchCancelAndPay(environment, shop, load, { commands })).forEach(show);
    if (wanted('effect')) (await benchEffect(environment, shop, load)).forEach(show);
    if (wanted('expiry')) (await benchExpiry(shop, load)).forEach(show);
    load.stop();
    await shop.service.stop();
  }
  if (wanted('render')) for await (const figure of benchRender(environment)) show(figure);
  if (wanted('export')) (await benchExport(environment, { rows })).forEach(show);
  const parts = (['list', 'statistics'] as const).filter(wanted);
  const tell = (line: string) => console.error(line);
  for (const orders of parts.length > 0 ? sizes : [])
    (await benchList(environment, { orders, ofOne }, { parts, tell })).forEach(show);
}
