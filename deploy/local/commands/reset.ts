import { rmSync } from 'node:fs';
import { join } from 'node:path';
// npm run reset: drops the data of npm start.
import { serviceNames } from '@accord/events/services';
import { endLeftover } from '../parts/background.ts';
import { asksForHelp, database, home, runningStart } from '../parts/data-folder.ts';
import { dropDatabase, dropTopics } from '../parts/database.ts';
import { dropDocker, root } from '../parts/infrastructure.ts';
import { removePostgres } from '../parts/postgres.ts';

const args = process.argv.slice(2);
const running = runningStart();
if (args.length > 0) {
  // A person who asks for help loses nothing.
  console.log('usage: npm run reset: drops the data of npm start, for good');
  process.exitCode = asksForHelp(args) ? 0 : 2;
} else if (running) {
  console.error(`npm start runs (pid ${running}): stop it first.`);
  process.exitCode = 1;
} else {
  await reset();
  console.log('The data is gone; npm start begins anew.');
}

async function reset() {
  for (const name of serviceNames)
    await endLeftover(join(home, `${name}.pid`), join(root, 'services', name), 'SIGKILL');
  if (process.env.ACCORD_POSTGRES_URL) await dropDatabase(process.env.ACCORD_POSTGRES_URL, database);
  if (process.env.ACCORD_KAFKA_BROKERS) await dropTopics(process.env.ACCORD_KAFKA_BROKERS, '');
  await dropDocker(home);

  await removePostgres(join(home, 'postgres'));
  const broker = join(home, 'broker');
  await endLeftover(join(broker, 'pid'), broker, 'SIGKILL');
  const rest = ['logs', 'logs-before', 'documents', 'issuer.json', 'clock'].map((name) => join(home, name));
  for (const path of [broker, ...rest]) rmSync(path, { recursive: true, force: true });
}
