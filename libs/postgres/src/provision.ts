import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { type ServiceName, serviceNames } from '@accord/events/services';
import type { DatabaseAddress } from './address.ts';
import { connect, type OwnConnection } from './connection.ts';

/** The schema that each service owns. */
export const schemas = {
  order: 'orders',
  contract: 'contracts',
  refund: 'refunds',
  notification: 'notifications',
} as const satisfies Record<ServiceName, string>;

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
  ...serviceNames.flatMap((service) => Object.values(rolesOf(service))),
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

interface Provisioning {
  readonly connection: OwnConnection;
  readonly isSuperuser: boolean;
  /** The password of each role. */
  readonly passwordOf: (role: string) => string;
}

const powersText = `
  select rolname as role from pg_roles
   where rolname = $1 and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)`;

/** Makes a role that may log in and nothing more, or makes it so. */
async function makeRole({ connection, isSuperuser, passwordOf }: Provisioning, role: string): Promise<void> {
  const password = connection.escapeLiteral(verifierOf(role, passwordOf(role)));
  await connection.query(
    `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
  );
  // A role of the server that is no superuser may not even say that another has no such power.
  const powers = isSuperuser ? 'nosuperuser nobypassrls nocreatedb nocreaterole' : '';
  await connection.query(`alter role ${role} with login ${powers} password ${password}`);
  if (isSuperuser || (await connection.query(powersText, [role])).rows.length === 0) return;
  throw new Error(`the role ${role} may do more than log in, and only a superuser can take that from it`);
}

/** Makes a service's empty schemas, which its owner owns. One who is no superuser acts as the owner meanwhile. */
async function makeSchemas({ connection, isSuperuser }: Provisioning, service: ServiceName): Promise<void> {
  const { owner, app, operator } = rolesOf(service);
  const schema = schemas[service];
  const { rows } = await connection.query<{ member: boolean }>(
    `select pg_has_role(current_user, $1, 'usage') as member`,
    [owner],
  );
  const joins = !isSuperuser && !rows[0]!.member;
  if (joins) await connection.query(`grant ${owner} to current_user`);
  for (const name of [schema, shadowSchemaOf(schema)])
    await connection.query(`create schema if not exists ${name} authorization ${owner}`);
  await connection.query(`grant usage on schema ${schema} to ${app}, ${operator}, accord_auditor`);
  if (joins) await connection.query(`revoke ${owner} from current_user`);
}

async function makeAll(provisioning: Provisioning, database: string): Promise<void> {
  const { connection } = provisioning;
  // A temporary table could hide one of ours, and no service needs any.
  await connection.query(`revoke temporary on database ${database} from public`);
  for (const role of roles) {
    await makeRole(provisioning, role);
    await connection.query(`grant connect on database ${database} to ${role}`);
  }
  for (const service of serviceNames) await makeSchemas(provisioning, service);
}

/**
 * Makes the roles and the empty schemas in the database of `adminUrl`; may be repeated. No role may bypass row
 * security.
 *
 * @param adminUrl of a superuser, or of a role that may create roles and owns the database (API-20).
 * @param passwordOf the password of each role; roles that exist get it anew.
 */
export async function provisionDatabase(
  adminUrl: DatabaseAddress,
  { passwordOf }: Pick<Provisioning, 'passwordOf'>,
): Promise<void> {
  const connection = await connect(adminUrl);
  try {
    const { rows } = await connection.query<{ name: string; isSuperuser: boolean }>(
      `select current_database() as name, rolsuper as "isSuperuser" from pg_roles where rolname = current_user`,
    );
    const { name, isSuperuser } = rows[0]!;
    const database = connection.escapeIdentifier(name);
    // Roles belong to the whole server: one provisioning at a time, whatever the database.
    for (;;) {
      try {
        await connection.query('begin');
        await makeAll({ connection, isSuperuser, passwordOf }, database);
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
