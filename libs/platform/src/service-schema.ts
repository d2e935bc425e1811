import { idempotencyTable } from './http/idempotency.ts';
import { messagingTables } from './messaging/tables.ts';
import { migrate } from './migrations.ts';
import type { Service } from './service.ts';

/**
 * Brings a service's schema up to date, as its owner: the platform's tables, then the service's own migrations.
 *
 * @param ownerUrl of the role `accord_<service>_owner`.
 */
export const migrateService = (
  ownerUrl: string,
  { name, schema, migrations }: Pick<Service, 'name' | 'schema' | 'migrations'>,
): Promise<void> =>
  migrate(ownerUrl, {
    schema,
    folder: migrations,
    platform: { name: '0000_platform', up: [...messagingTables(name), ...idempotencyTable(name)] },
  });
