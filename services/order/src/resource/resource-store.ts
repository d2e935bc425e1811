import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Resource } from './resource.ts';

const columns = `instance_id as "instanceId", account_id as "accountId", version,
  report_version as "reportVersion", product_code as "productCode", order_ids as "orderIds", starts_at as start,
  ends_at as "end", usage, in_effect as "inEffect", frozen_by as "frozenBy", released, archived,
  next_renewal_start as "renewalStart", next_renewal_end as "renewalEnd", scaled_at as "scaledAt", region,
  ip_address as "ipAddress", plan, known_since as "knownSince", reported_by as "reportedBy"`;

type Row = Omit<Resource, 'reportVersion' | 'nextRenewalPeriod'> & {
  reportVersion: string;
  renewalStart: Date | null;
  renewalEnd: Date | null;
};

const toResource = ({ reportVersion, renewalStart, renewalEnd, ...row }: Row): Resource => ({
  ...row,
  reportVersion: Number(reportVersion),
  nextRenewalPeriod: renewalStart && renewalEnd ? { start: renewalStart, end: renewalEnd } : null,
});

/**
 * @throws Refusal `resource.not_found`, also where it is another account's (API-5, by row-level security).
 */
export async function getResource(tx: Tx, instanceId: string): Promise<Resource> {
  const row = await tx.one<Row>(`select ${columns} from resources where instance_id = $1`, [instanceId]);
  if (!row) throw new Refusal('not_found', 'resource.not_found', { instanceId });
  return toResource(row);
}

/** The instances that exist for this account, in no order. */
export async function findResources(tx: Tx, instanceIds: readonly string[]): Promise<Resource[]> {
  const sql = `select ${columns} from resources where instance_id = any ($1::text[])`;
  return (await tx.many<Row>(sql, [instanceIds])).map(toResource);
}

/** The instances that exist for this account, locked in the order of their ids. */
export async function lockResources(tx: Tx, instanceIds: readonly string[]): Promise<Resource[]> {
  const sql = `select ${columns} from resources where instance_id = any ($1::text[])
                order by instance_id for update`;
  return (await tx.many<Row>(sql, [instanceIds])).map(toResource);
}

/** In the order of their ids, from after `after`. */
export async function listResources(
  tx: Tx,
  { accountId, after = '', limit }: { accountId: string; after: string | undefined; limit: number },
): Promise<Resource[]> {
  const sql = `select ${columns} from resources where account_id = $1 and instance_id > $2
                order by instance_id limit $3`;
  return (await tx.many<Row>(sql, [accountId, after, limit])).map(toResource);
}

/**
 * Saves a changed or new resource and announces it.
 *
 * @throws Refusal `resource.taken` where another account has that id.
 */
export async function saveResource(
  tx: Tx,
  { state: resource, facts }: Decision<Resource>,
): Promise<Resource> {
  if (facts.length === 0) return resource;
  const saved = await tx.one(saveText, [
    resource.instanceId,
    resource.accountId,
    resource.version,
    resource.reportVersion,
    resource.productCode,
    resource.orderIds,
    resource.start,
    resource.end,
    resource.usage,
    resource.inEffect,
    resource.frozenBy,
    resource.released,
    resource.archived,
    resource.nextRenewalPeriod?.start,
    resource.nextRenewalPeriod?.end,
    resource.scaledAt,
    resource.region,
    resource.ipAddress,
    resource.plan,
    resource.knownSince,
    resource.reportedBy,
  ]);
  if (!saved) throw new Refusal('conflict', 'resource.taken', { instanceId: resource.instanceId });
  tx.emit(...facts);
  return resource;
}

const saveText = `
  insert into resources (instance_id, account_id, version, report_version, product_code, order_ids, starts_at,
    ends_at, usage, in_effect, frozen_by, released, archived, next_renewal_start, next_renewal_end, scaled_at,
    region, ip_address, plan, known_since, reported_by)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
  on conflict (instance_id) do update set version = excluded.version, report_version = excluded.report_version,
    order_ids = excluded.order_ids, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
    usage = excluded.usage, in_effect = excluded.in_effect, frozen_by = excluded.frozen_by,
    released = excluded.released, archived = excluded.archived,
    next_renewal_start = excluded.next_renewal_start, next_renewal_end = excluded.next_renewal_end,
    scaled_at = excluded.scaled_at, region = excluded.region, ip_address = excluded.ip_address,
    plan = excluded.plan, known_since = excluded.known_since, reported_by = excluded.reported_by
  where resources.account_id = excluded.account_id and resources.version = excluded.version - 1
  returning instance_id`;
