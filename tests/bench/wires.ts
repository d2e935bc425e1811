import { asSuperuser } from '@accord/local/parts';
import { migrateService } from '@accord/platform';
import { urlsOf } from '@accord/testing';
import { startChild } from './child.ts';
import type { Environment } from './environment.ts';
import { beside, median, percentile, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import { delays, placed } from './received.ts';
import { drain } from './relay.ts';
import type { SecuredWay } from './secured-way.ts';
import { openShop } from './shop.ts';

interface Both {
  readonly environment: Environment;
  readonly way: SecuredWay;
}

/**
 * By TLS and SASL, beside the same work in the same run without, in turn, on the same broker and Postgres; each part
 * when it is done.
 */
export async function* benchWires(both: Both, load: Load): AsyncGenerator<Figure> {
  yield await relay(both);
  yield* await received(both);
  yield await placeOrder(both, load);
}

async function outboxOf(environment: Environment, name: string): Promise<string> {
  const databaseUrl = await environment.makeDatabase(name);
  await migrateService(urlsOf(databaseUrl, 'order').owner, {
    name: 'order',
    schema: 'orders',
    migrations: new URL('./no-migrations/', import.meta.url),
  });
  return databaseUrl;
}

/** A round that is not counted, then these; each of the secured way and of the plain one, in turn. */
async function inTurn(
  rounds: number,
  run: (way: SecuredWay | undefined) => Promise<number>,
  way: SecuredWay,
) {
  const [secured, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const found = [await run(way), await run(undefined)] as const;
    if (round === 0) continue;
    secured.push(found[0]);
    plain.push(found[1]);
  }
  return [median(secured), median(plain)] as const;
}

async function relay({ environment, way }: Both, { count = 100_000, keys = 5_000, rounds = 3 } = {}) {
  const databaseUrl = await outboxOf(environment, 'accord_relay');
  const children = [0, 1].map(() => startChild(new URL('./publisher.ts', import.meta.url)));
  const run = (by: SecuredWay | undefined) =>
    drain(environment, children[by ? 0 : 1]!, {
      databaseUrl,
      count,
      keys,
      check: false,
      ...(by && { way: by }),
    });
  const [secured, plain] = await inTurn(rounds, run, way);
  await Promise.all(children.map((child) => child.stop()));
  return beside(`relay drain by TLS and SASL, ${count} events`, 'events/s', secured, plain);
}

async function received({ environment, way }: Both, { rate = 400, ms = 10_000, rounds = 2 } = {}) {
  const url = await outboxOf(environment, 'accord_received');
  await asSuperuser(url, (client) => client.query(placed));
  const writers = [0, 1].map(() => startChild(new URL('./writer.ts', import.meta.url)));
  const { operator } = urlsOf(url, 'order');
  const by = (of: SecuredWay | undefined, forMs: number) => {
    const { brokers } = environment;
    const reached = of ? { url: of.urlOf(operator), brokers, wire: of.wire } : { url: operator, brokers };
    return delays(environment, writers[of ? 0 : 1]!, { url, rate, ms: forMs, relay: reached }, of);
  };
  const [secured, plain]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const found = [await by(way, ms), await by(undefined, ms)] as const;
    if (round === 0) continue;
    secured.push(...found[0]);
    plain.push(...found[1]);
  }
  await Promise.all(writers.map((writer) => writer.stop()));
  return [0.5, 0.99].map((part) =>
    beside(
      `commit to received by TLS and SASL at ${rate} events/s, p${part * 100}`,
      'ms',
      percentile(secured, part),
      percentile(plain, part),
    ),
  );
}

async function placeOrder({ environment, way }: Both, load: Load, { rounds = 5, ms = 3_000 } = {}) {
  const secured = await openShop(environment, { settings: way.service, database: 'accord_secured' });
  const plain = await openShop(environment, { database: 'accord_plain' });
  const askOf = ({ url, body, customers }: typeof plain) => ({
    ...{ url, body },
    clients: customers.map(({ authorization }) => ({ authorization })),
  });
  const run = async (of: SecuredWay | undefined, forMs = ms) => {
    const shop = of ? secured : plain;
    const { perSecond } = await load.run({ ...askOf(shop), ms: forMs });
    await shop.drained();
    return perSecond;
  };
  await run(way, 8_000);
  await run(undefined, 8_000);
  const [withTls, without] = await inTurn(rounds, run, way);
  await Promise.all([secured, plain].map(({ service }) => service.stop()));
  return beside(
    `place order by TLS and SASL, ${plain.customers.length} clients`,
    'orders/s',
    withTls,
    without,
  );
}
