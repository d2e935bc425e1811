import { idempotencyTable, rateLimitTable } from '@accord/http/server';
import { messagingTables } from '@accord/messaging';
import {
  migrate,
  missingMigrations,
  rowSecurityProbe,
  sharedTable,
  type DatabaseAddress,
  type ServiceDatabase,
} from '@accord/postgres';
import type { Service } from './service.ts';

type Owner = Pick<Service, 'name' | 'schema' | 'migrations'>;

/** For what runs or records its migrations. */
export const schemaOf = ({ name, schema, migrations }: Owner) => ({
  schema,
  folder: migrations,
  platform: {
    name: '0000_platform',
    up: [
      ...messagingTables(name),
      ...idempotencyTable(name),
      ...rateLimitTable(name),
      ...rowSecurityProbe(name),
      // So that a service knows whether its schema is as new as itself, without the owner's password.
      sharedTable(name, 'knex_migrations', []),
    ],
  },
});

/**
 * Brings a service's schema up to date, as its owner: the platform's tables, then the service's own migrations.
 *
 * @param ownerUrl of the role `accord_<service>_owner`.
 * @returns the names of the migrations that were done now.
 */
export const migrateService = (
  ownerUrl: DatabaseAddress,
  service: Owner,
  onBlocked?: (reason: string) => void,
): Promise<string[]> => migrate(ownerUrl, schemaOf(service), onBlocked);

export class SchemaBehind extends Error {
  override readonly name = 'SchemaBehind';
}

/** @throws SchemaBehind where the schema lacks migrations of this release (API-20). */
export async function checkServiceSchema(db: ServiceDatabase, service: Owner): Promise<void> {
  const missing = await missingMigrations(db, schemaOf(service));
  if (missing.length === 0) return;
  const first = missing.slice(0, 3).join(', ') + (missing.length > 3 ? `, ${missing.length - 3} more` : '');
  throw new SchemaBehind(`the schema ${service.schema} lacks migrations (command migrate): ${first}`);
}
