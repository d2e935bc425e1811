import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect } from './connection.ts';

/** The four services and the schema each owns. */
export const schemas = {
  order: 'orders',
  contract: 'contracts',
  refund: 'refunds',
  notification: 'notifications',
} as const;
export type ServiceName = keyof typeof schemas;

/** The schema in which a service's read models are rebuilt beside the live ones. */
export const shadowSchemaOf = (schema: string): string => `${schema}_rebuild`;

/**
 * `accord_order_owner` migrates, `accord_order` runs, `accord_order_operator` sees all accounts,
 * `accord_auditor` reads everything.
 */
export const rolesOf = (service: ServiceName) => ({
  owner: `accord_${service}_owner`,
  app: `accord_${service}`,
  operator: `accord_${service}_operator`,
});

/** Every role that a database of ours has. */
export const roles: readonly string[] = [
  'accord_auditor',
  ...(Object.keys(schemas) as ServiceName[]).flatMap((service) => Object.values(rolesOf(service))),
];

/** The URL of `database` for another role of the same server. */
export function roleUrl(databaseUrl: string, role: string, password: string): string {
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = encodeURIComponent(password);
  return url.href;
}

const iterations = 4_096;

/**
 * The verifier that a server keeps of a password (RFC 5802, RFC 7677): neither the server nor its log sees the
 * password itself.
 *
 * @throws Error where it has other signs than printable ASCII, which clients prepare differently.
 */
function verifierOf(role: string, password: string): string {
  if (!/^[\x20-\x7e]+$/.test(password))
    throw new Error(`the password of ${role} has other signs than printable ASCII`);
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const serverKey = keyed('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/**
 * Makes the roles and the empty schemas in the database of `superuserUrl`; may be repeated. No role may bypass
 * row security.
 *
 * @param passwordOf the password of each role; roles that exist get it anew.
 */
export async function provisionDatabase(
  superuserUrl: string,
  { passwordOf }: { passwordOf: (role: string) => string },
): Promise<void> {
  const connection = await connect(superuserUrl);
  const { rows } = await connection.query<{ name: string }>('select current_database() as name');
  const database = connection.escapeIdentifier(rows[0]!.name);
  const login = async (role: string) => {
    const password = connection.escapeLiteral(verifierOf(role, passwordOf(role)));
    await connection.query(
      `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
    );
    await connection.query(
      `alter role ${role} with login nosuperuser nobypassrls nocreatedb nocreaterole password ${password}`,
    );
    await connection.query(`grant connect on database ${database} to ${role}`);
  };
  try {
    // Roles belong to the whole server: one provisioning at a time, whatever the database.
    for (;;) {
      try {
        await connection.query('begin');
        // A temporary table could hide one of ours, and no service needs any.
        await connection.query(`revoke temporary on database ${database} from public`);
        await login('accord_auditor');
        for (const [service, schema] of Object.entries(schemas) as [ServiceName, string][]) {
          const { owner, app, operator } = rolesOf(service);
          for (const role of [owner, app, operator]) await login(role);
          await connection.query(`create schema if not exists ${schema} authorization ${owner}`);
          await connection.query(
            `create schema if not exists ${shadowSchemaOf(schema)} authorization ${owner}`,
          );
          await connection.query(`grant usage on schema ${schema} to ${app}, ${operator}, accord_auditor`);
        }
        await connection.query('commit');
        return;
      } catch (error) {
        await connection.query('rollback');
        if (!/tuple concurrently/.test((error as Error).message)) throw error;
      }
    }
  } finally {
    await connection.end();
  }
}
