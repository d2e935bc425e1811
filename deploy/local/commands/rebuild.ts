import { spawn } from 'node:child_process';
import { join } from 'node:path';
// npm run rebuild -- <service> [--model …] [--json]: a service's read models anew from their topics (EVT-13),
// of the platform in the environment or else of the `npm start` that runs here.
import { type ServiceName, serviceNames } from '@accord/events/services';
import { rolesOf, roleUrl } from '@accord/postgres/provision';
import { developmentPassword } from '@accord/testing';
import { asksForHelp, runningPlatform } from '../parts/data-folder.ts';
import { root } from '../parts/infrastructure.ts';

const usage = `npm run rebuild -- <${serviceNames.join('|')}> [--model <name>] [--leave-out] [--json]

  --model      account-view (order); order-view (contract, refund); timeline, contacts (notification);
               several may be given; without it, all of the service
  --leave-out  goes on without events that a projection does not take
  --json       one line for a program

It takes ACCORD_OWNER_DATABASE_URL, ACCORD_KAFKA_BROKERS and ACCORD_TOPIC_PREFIX from the environment;
without them, the npm start of this folder.
Exit codes: 0 rebuilt; 1 the read models are as they were; 2 wrong arguments.`;

/** The environment of the service's own command. @throws Error where nobody says which platform. */
function environment(service: ServiceName): NodeJS.ProcessEnv {
  if (process.env.ACCORD_OWNER_DATABASE_URL) return process.env;
  const { ACCORD_AUDIT_DATABASE_URL: database, ...kafka } = runningPlatform();
  if (!database)
    throw new Error(
      'npm start does not run in this folder; set ACCORD_OWNER_DATABASE_URL and ACCORD_KAFKA_BROKERS',
    );
  const { owner } = rolesOf(service);
  return {
    ...kafka,
    ACCORD_OWNER_DATABASE_URL: roleUrl(database, owner, developmentPassword(owner)),
    ...process.env,
  };
}

/** As in production: `node services/refund/src/rebuild.ts`. */
function run(service: ServiceName, args: readonly string[]): Promise<number> {
  const file = join(root, 'services', service, 'src', 'rebuild.ts');
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: 'inherit',
    env: environment(service),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) =>
    child.once('error', reject).once('exit', (code) => resolve(code ?? 1)),
  );
}

async function main(): Promise<number> {
  const [service, ...args] = process.argv.slice(2);
  if (asksForHelp(process.argv.slice(2))) {
    console.log(`usage: ${usage}`);
    return 0;
  }
  if (!serviceNames.includes(service as ServiceName)) {
    console.error(`name a service: ${serviceNames.join(', ')}\n\n${usage}`);
    return 2;
  }
  try {
    return await run(service as ServiceName, args);
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = await main();
