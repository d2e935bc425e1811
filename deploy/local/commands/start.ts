// npm start [-- --once] [-- --profile baidu|alibaba|example|<path>]: the whole system on this machine, then the story.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Listr } from 'listr2';
import { claimHome, database, home, leaveHome, port, tellPlatform } from '../parts/data-folder.ts';
import { mailLine } from '../parts/mailbox.ts';
import { auditSettingsOf, startSystem, steps, type Step, type System } from '../parts/system.ts';
import { readOptions, usage, type StartOptions } from './start-options.ts';

const say = (line: string) => console.log(line);
/** Of the mails, too, each at its place. */
let storyTells = true;

async function start(options: StartOptions): Promise<number> {
  process.env.ACCORD_ENV = 'development';
  setLogsAside();
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    // `npm start | head`: what was started must not outlive us.
    process.stdout.on('error', () => resolve('nobody reads'));
  });
  void stopped.then((why) => say(`\n${why}: stopping …`));
  const system = await shown(options);
  tellPlatform({ ...auditSettingsOf(system), ACCORD_API_URL: system.url });
  try {
    const told = await Promise.race([tell(system, options), stopped.then(() => undefined)]);
    if (told === undefined) return 130;
    if (options.once) return told ? 0 : 1;
    await stay(system, options);
    await stopped;
    return 0;
  } finally {
    await system.stop();
  }
}

/** Each start has logs of its own; those of the one before it are kept. */
function setLogsAside() {
  const [logs, before] = [join(home, 'logs'), join(home, 'logs-before')];
  if (!existsSync(logs)) return;
  rmSync(before, { recursive: true, force: true });
  renameSync(logs, before);
}

/** Starts the system and shows each step as it is done. */
async function shown(options: StartOptions): Promise<System> {
  const begun = Object.fromEntries(steps.map((step) => [step, Promise.withResolvers<unknown>()])) as Record<
    Step,
    PromiseWithResolvers<unknown>
  >;
  const failed = Promise.withResolvers<never>();
  // The first failure ends the list of steps; later ones are told by `system` itself.
  for (const { promise } of [failed, ...Object.values(begun)]) promise.catch(() => undefined);
  const system = startSystem({
    dataDir: home,
    profile: storyProfile(options),
    database,
    topicPrefix: '',
    port,
    durable: true,
    supervised: true,
    onStep: (step, done) => begun[step].resolve(done),
    onMail: (mail) => storyTells || say(`  ${mailLine(mail)}`),
    onNote: say,
  });
  system.catch((error: unknown) => failed.reject(error));
  const until = (step: Step) =>
    Promise.race([begun[step].promise, failed.promise]).then(
      () => undefined,
      () => Promise.reject(new Error('see below')),
    );
  await new Listr(steps.map((step) => ({ title: step, task: () => until(step) })))
    .run()
    .catch(() => undefined);
  return system;
}

/**
 * In the story unpaid orders expire within the minute, and one account may be refunded as often as it is told;
 * everything else is the provider's.
 */
function storyProfile({ profile, rules }: StartOptions): string {
  const file = resolve(home, 'story-profile.json');
  const orders = { payWithin: 'PT7S', payWithinWhenContracted: 'PT30M' };
  const refunds = { abuse: null, yearlyQuota: null };
  mkdirSync(home, { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ extends: profile, version: `${rules.version}-story`, orders, refunds }),
  );
  return file;
}

/** False where a step of it failed. */
async function tell(system: System, { profile, rules }: StartOptions): Promise<boolean> {
  const [{ playStory }, { providerOf }] = await Promise.all([
    import('../demo/story.ts'),
    import('../demo/catalogue.ts'),
  ]);
  if (!providerOf(rules)) {
    storyTells = false;
    say(`\nNo story is told: its products are invoiced by entities that ${profile} does not have.`);
    return true;
  }
  say(
    `\nIn the story an unpaid order has only seconds to be paid, so that one can be seen to expire; ` +
      `one that is placed afterwards has the time that ${profile} gives.`,
  );
  try {
    await playStory({ system, rules, say });
    return true;
  } catch (error) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    return false;
  } finally {
    storyTells = false;
  }
}

/** After the story the provider's own times hold; what can be tried next is said. */
async function stay(
  { url, services, databaseUrl, brokers, logs, postgres, kafka }: System,
  { profile }: StartOptions,
) {
  await Promise.all(
    [services.order, services.contract].map((service) => service.restart({ PROVIDER_PROFILE: profile })),
  );
  const line = (name: string, value: string) => `  ${name.padEnd(14)}${value}`;
  const docs = (name: string) => `${url}/docs/${name}`;
  const taken = port !== 0 && new URL(url).port !== String(port) ? `   (${port} was taken)` : '';
  say(
    [
      '',
      `Accord runs, as ${profile}.`,
      line('API', url + taken),
      ...Object.values(services).map(({ name, opsUrl }) =>
        line(name, `${docs(name).padEnd(docs('notification').length)}   metrics ${opsUrl}/metrics`),
      ),
      line('Postgres', `${databaseUrl}   ${postgres.from}`),
      line('Kafka', `${brokers}   ${kafka.from}`),
      line('Logs', logs),
      '',
      'A token, for 12 hours: npm run -s token -- customer acc_demo   (or operator, platform)',
      '',
      'Try next:',
      `  TOKEN=$(npm run -s token -- customer acc_demo)`,
      `  curl -s -H "Authorization: Bearer $TOKEN" "${url}/v1/products?limit=3"`,
      `  curl -s -H "Authorization: Bearer $TOKEN" "${url}/v1/orders?limit=3"`,
      `  curl -s -H "Authorization: Bearer $TOKEN" "${url}/v1/contracts?limit=3"`,
      '',
      'Ctrl-C stops everything; the data stays until npm run reset.',
    ].join('\n'),
  );
}

/**
 * The story may still be waiting for something when we are told to stop: the process ends with its answer,
 * whatever is open.
 */
async function main(): Promise<number> {
  let claimed = false;
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options) {
      say(`usage: ${usage}`);
      return 0;
    }
    claimHome();
    claimed = true;
    return await start(options);
  } catch (error) {
    console.error(`\n${(error as Error).message}`);
    return 1;
  } finally {
    if (claimed) leaveHome();
  }
}

process.exit(await main());
