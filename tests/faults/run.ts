import { setTimeout as sleep } from 'node:timers/promises';
import { differences, recovery, turnedAway } from './checker.ts';
import { startEnvironment, type Environment } from './environment.ts';
import type { Fault } from './fault.ts';
import { machineProduct, startLoad, type Done } from './load.ts';
import { ownersOfMasses } from './masses.ts';

interface Seen {
  readonly fault: Fault;
  readonly recoveredMs: number;
}

interface Outcome {
  readonly seen: readonly Seen[];
  readonly commands: number;
  /** How many of each kind did what was asked. */
  readonly accepted: Readonly<Partial<Record<Done['what'], number>>>;
  /** Answered only when asked again. */
  readonly askedAgain: number;
  readonly differences: readonly string[];
  /** Promises that were not kept, a line each: to serve meanwhile, and to have recovered in time. */
  readonly turnedAway: readonly string[];
  readonly late: readonly string[];
}

/** Longest wait for a recovery, whatever is promised: after it the run has failed. */
const patienceMs = 180_000;

/** A product, and the accounts that load and checks are of. */
export async function openShop(environment: Pick<Environment, 'operator' | 'platform'>): Promise<void> {
  const { status } = await environment.operator().put('/v1/products/BCC', machineProduct);
  if (status !== 201) throw new Error(`the product was not published: ${status}`);
  for (const accountId of [
    'acc_canary',
    ...ownersOfMasses,
    ...Array.from({ length: 6 }, (_, i) => `acc_f${i}`),
  ]) {
    const contacts = [
      {
        contactId: 'cnt_1',
        name: '李雷',
        email: `${accountId}@example.com`,
        phone: '13800000000',
        locale: 'en',
        timeZone: 'Asia/Shanghai',
        classes: ['orders', 'contracts', 'refunds'],
      },
    ];
    const told = await environment.platform().contracts.put(`/v1/accounts/${accountId}`, {
      version: 1,
      certifiedName: '某某公司',
      invoiceTitle: '某某公司',
      contacts,
    });
    if (told.status !== 200)
      throw new Error(`the account was not told: ${told.status} ${JSON.stringify(told.body)}`);
  }
}

/**
 * One fault after the other while customers are served, then rest, then the comparison of what was answered
 * with what is there.
 */
export async function run({
  home,
  faults,
  seed,
  pauseMs,
  say,
}: {
  home: string;
  faults: readonly Fault[];
  seed: number;
  /** Of a customer between two commands, about. */
  pauseMs: number;
  say: (line: string) => void;
}): Promise<Outcome> {
  const environment = await startEnvironment(home, {
    smallDisk: faults.some(({ needs }) => needs === 'small disk'),
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void environment.stop().finally(() => process.exit(130)));
  try {
    await openShop(environment);
    const load = startLoad(environment, { seed, pauseMs });
    await sleep(2_000);
    const seen: Seen[] = [];
    const refused: string[] = [];
    const late: string[] = [];
    for (const fault of faults) {
      if (fault.needs && !environment.disk) {
        say(
          `${fault.name.padEnd(52)} skipped: no disk can be mounted here (that takes root, outside of most containers)`,
        );
        continue;
      }
      const happening = fault.happen(environment);
      if (fault.servesOn)
        refused.push(...(await turnedAway(environment, happening)).map((line) => `${fault.name}: ${line}`));
      await happening;
      const recoveredMs = await recovery(environment, patienceMs);
      seen.push({ fault, recoveredMs });
      const recovered = `recovered after ${(recoveredMs / 1_000).toFixed(1)} s`;
      say(`${fault.name.padEnd(52)} ${recovered}`);
      if (recoveredMs > fault.withinMs)
        late.push(`${fault.name}: ${recovered}, promised are ${fault.withinMs / 1_000} s`);
      await fault.after?.(environment);
      await sleep(500);
    }
    const history = await load.stop();
    await recovery(environment, patienceMs);
    const accepted = history.filter(({ status }) => status < 300);
    return {
      seen,
      commands: history.length,
      accepted: Object.fromEntries(
        [...Map.groupBy(accepted, ({ what }) => what)].map(([what, { length }]) => [what, length]),
      ),
      askedAgain: history.filter(({ asked }) => asked > 1).length,
      differences: await differences(environment, history),
      turnedAway: refused,
      late,
    };
  } finally {
    await environment.stop();
  }
}
