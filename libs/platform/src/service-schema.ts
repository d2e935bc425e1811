import { idempotencyTable } from '@accord/http/server';
import { messagingTables } from '@accord/messaging';
import { migrate, rowSecurityProbe } from '@accord/postgres';
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
    platform: {
      name: '0000_platform',
      up: [...messagingTables(name), ...idempotencyTable(name), ...rowSecurityProbe(name)],
    },
  });
