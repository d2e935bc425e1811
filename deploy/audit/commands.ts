import type { ServiceName } from '@accord/events/services';
import type { Check } from './check.ts';

interface Named {
  readonly service: ServiceName;
  readonly schema: string;
  readonly table: string;
  /** Its key's column. */
  readonly key: string;
  /** Its key in an answer; where several were created, in each of `data`. */
  readonly field: string;
}

const named: readonly Named[] = [
  { service: 'order', schema: 'orders', table: 'orders', key: 'order_id', field: 'orderId' },
  { service: 'order', schema: 'orders', table: 'exports', key: 'export_id', field: 'exportId' },
  { service: 'contract', schema: 'contracts', table: 'contracts', key: 'contract_id', field: 'contractId' },
  { service: 'contract', schema: 'contracts', table: 'tickets', key: 'ticket_id', field: 'ticketId' },
  { service: 'refund', schema: 'refunds', table: 'refunds', key: 'refund_id', field: 'refundId' },
];

/**
 * EVT-35 as far as stored answers show it: what a 2xx answer of the last 24 hours named is there. That a key
 * has one effect is its primary key's doing and leaves no trace to look at; requests without a key leave none
 * either.
 */
export const commandChecks: readonly Check[] = named.map(({ service, schema, table, key, field }) => ({
  rule: 'EVT-35',
  says: `what an accepted command answered with is there (${table})`,
  mends: service,
  sql: `select answered.id, 'answered ' || answered.status || ' to key ' || encode(answered.key_hash,
    'hex') || ', and is not there' as found from (
      select key_hash, status, jsonb_array_elements_text(
        jsonb_path_query_array(body::jsonb, 'lax $.${field}') || case when status = 201
        then jsonb_path_query_array(body::jsonb, 'lax $.data[*].${field}')
          else '[]'::jsonb end) as id
      from ${schema}.idempotency_keys where status between 200 and 299 and body is json object) answered
    where answered.id is not null and not exists (select
    from ${schema}.${table} there where there.${key} = answered.id)`,
}));
