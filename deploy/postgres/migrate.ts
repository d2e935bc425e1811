import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { migrateService } from '@accord/platform';
import { schemas } from '@accord/postgres/provision';

// Brings one service's schema up to date (API-20): `node deploy/postgres/migrate.ts order`. It is run as the
// schema's owner before a new version of the service; it may be run again, and beside a running service. A schema
// that is newer than this release stays as it is. Exit codes: 0 done, 1 it could not be done, 2 wrong arguments.

const settings = z.object({ ACCORD_OWNER_DATABASE_URL: renewed(z.url()) });

const isService = (name: string | undefined): name is ServiceName => serviceNames.some((one) => one === name);

async function main([name, ...more]: readonly string[]): Promise<number> {
  if (!isService(name) || more.length > 0) {
    console.error(`usage: migrate <${serviceNames.join('|')}>`);
    return 2;
  }
  try {
    const { ACCORD_OWNER_DATABASE_URL: url } = readSettings(settings, process.env);
    const migrations = new URL(`../../services/${name}/migrations/`, import.meta.url);
    const onBlocked = (reason: string) => console.error(`migrate: tried again soon, ${reason}`);
    const done = await migrateService(url, { name, schema: schemas[name], migrations }, onBlocked);
    console.log(`the schema ${schemas[name]} is up to date: ${done.length} migrations were done now`);
    return 0;
  } catch (error) {
    const { message, code } = error as { message?: string; code?: string };
    console.error(`migrate: ${message || code}`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
