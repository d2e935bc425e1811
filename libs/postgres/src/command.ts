import type { ServiceName } from '@accord/events/services';
import type { DatabaseAddress } from './address.ts';
import { connect, type Connection, type OwnConnection } from './connection.ts';
import { schemas } from './provision.ts';

// Connections of an operator's commands, which see every account.

/** Reads all four schemas and changes nothing. @param command its name on the server, `accord-audit`. */
export const openAuditor = (address: DatabaseAddress, command: string): Promise<OwnConnection> =>
  connect(address, {
    applicationName: command,
    settings: { default_transaction_read_only: 'on', timezone: 'UTC' },
  });

/**
 * Acts as a service's operators, in its schema.
 *
 * @param command its name on the server, `accord-reconcile`.
 * @param lockWaitMs longest wait for a row that somebody has locked; default: for ever.
 */
export const openOperator = (
  address: DatabaseAddress,
  service: ServiceName,
  { command, lockWaitMs }: { readonly command: string; readonly lockWaitMs?: number },
): Promise<OwnConnection> =>
  connect(address, {
    applicationName: command,
    settings: {
      search_path: schemas[service],
      timezone: 'UTC',
      ...(lockWaitMs !== undefined && { lock_timeout: lockWaitMs }),
    },
    pipeline: true,
  });

/** All of the work, or nothing of it where it throws. */
export async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.query('begin');
  try {
    const result = await work();
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback');
    throw error;
  }
}
