import { z } from 'zod';
import { readSettings, renewed } from '@accord/core/runtime';
import { provisionDatabase, roles } from '@accord/postgres/provision';

// Makes the roles and the empty schemas in a database that exists, and sets the roles' passwords: `node
// deploy/postgres/provision.ts`. It is run before a new version of the services; it may be run again, also to
// change a password.

const variableOf = (role: string) => `${role.toUpperCase()}_PASSWORD`;

const settings = z.object({
  /** The database, as a superuser, or as its owner who may create roles. */
  ACCORD_ADMIN_DATABASE_URL: renewed(z.url()),
  ...Object.fromEntries(roles.map((role) => [variableOf(role), z.string().min(1)])),
});

try {
  const { ACCORD_ADMIN_DATABASE_URL: url, ...passwords } = readSettings(settings, process.env);
  await provisionDatabase(url, {
    passwordOf: (role) => (passwords as Record<string, string>)[variableOf(role)]!,
  });
  console.log(`${roles.length} roles have their passwords, and their schemas are there`);
} catch (error) {
  const { message, code } = error as { message?: string; code?: string };
  // A refused connection to several addresses has a code alone.
  console.error(`provision: ${message || code}`);
  process.exitCode = 1;
}
