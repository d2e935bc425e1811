import { accountTable, type Migration } from '@accord/postgres';

// Rows of a platform service's endpoint stand under the account `*`, which no account is named.
export const up: Migration = [
  `create table webhook_endpoints (
     endpoint_id text primary key,
     account_id text not null,
     service text not null default '',
     url text not null,
     description text,
     event_types text[] not null,
     status text not null check (status in ('enabled', 'disabled', 'deleted')),
     disabled_reason text,
     version integer not null,
     announced integer not null,
     secret_key text not null,
     secret_generation integer not null,
     previous_key text,
     previous_generation integer,
     previous_until timestamptz,
     failures integer not null default 0,
     failing_since timestamptz,
     rest_until timestamptz,
     created_by text not null,
     created_at timestamptz not null,
     updated_at timestamptz not null
   ) with (fillfactor = 80)`,
  'create index webhook_endpoints_by_account on webhook_endpoints (account_id, service, endpoint_id)',
  accountTable('notification', 'webhook_endpoints', ['insert', 'update']),

  // Events that an endpoint of the account or of the platform may want, until they are admitted to queues.
  `create table webhook_arrivals (
     seq bigint generated always as identity primary key,
     account_id text not null,
     event_id text not null,
     source text not null,
     event_type text not null,
     event_time timestamptz not null,
     aggregate text not null,
     aggregate_id text not null,
     aggregate_version bigint not null,
     in_order boolean not null,
     arrived_at timestamptz not null
   ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  'create index webhook_arrivals_by_version on webhook_arrivals (aggregate_id, aggregate_version)',
  accountTable('notification', 'webhook_arrivals', { app: ['insert'], operator: ['delete'] }),

  // Deliveries that are open; the ended ones are in webhook_deliveries.
  `create table webhook_queue (
     delivery_id text primary key,
     endpoint_id text not null,
     account_id text not null,
     lane text not null,
     version bigint not null,
     event_id text not null,
     source text not null,
     event_type text not null,
     event_time timestamptz not null,
     due_at timestamptz not null,
     awaits boolean not null,
     attempts integer not null default 0,
     give_up_after integer not null,
     tries jsonb not null default '[]',
     created_at timestamptz not null
   ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
  'create index webhook_queue_by_lane on webhook_queue (endpoint_id, lane, version, delivery_id)',
  'create index webhook_queue_by_endpoint on webhook_queue (endpoint_id, delivery_id)',
  'create index webhook_queue_awaiting on webhook_queue (lane, version) where awaits',
  accountTable('notification', 'webhook_queue', ['insert', 'update', 'delete']),

  // One row for each endpoint and aggregate with open deliveries; its lock and its lease are the lane's.
  `create table webhook_lanes (
     endpoint_id text not null,
     lane text not null,
     account_id text not null,
     open integer not null,
     head_version bigint not null,
     due_at timestamptz not null,
     lease_until timestamptz,
     lease text,
     primary key (endpoint_id, lane)
   ) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
  'create index webhook_lanes_due on webhook_lanes (endpoint_id, due_at)',
  accountTable('notification', 'webhook_lanes', ['insert', 'update', 'delete']),

  `create table webhook_deliveries (
     day date not null,
     delivery_id text not null,
     endpoint_id text not null,
     account_id text not null,
     lane text not null,
     version bigint not null,
     event_id text not null,
     source text not null,
     event_type text not null,
     event_time timestamptz not null,
     state text not null check (state in ('delivered', 'failed', 'skipped')),
     reason text,
     attempts integer not null,
     tries jsonb not null,
     created_at timestamptz not null,
     ended_at timestamptz not null,
     primary key (delivery_id, day)
   ) partition by range (day)`,
  'create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, day, delivery_id)',
  accountTable('notification', 'webhook_deliveries', ['insert', 'delete']),

  // The runtime roles own nothing, so partitions are made and dropped by the owner, for the days that are asked for.
  // A transaction that makes one keeps others from the same, and waits for no reader.
  `create function webhook_days(first date, last date) returns void
     language plpgsql security definer set search_path from current as
   $$ declare
        one date;
        name text;
      begin
        for one in select generate_series(first, last, '1 day')::date loop
          name := 'webhook_deliveries_' || to_char(one, 'YYYYMMDD');
          continue when to_regclass(name) is not null;
          perform pg_advisory_xact_lock(hashtext('webhook_days'));
          continue when to_regclass(name) is not null;
          execute format('create table %I (like webhook_deliveries including all)', name);
          execute format('alter table %I enable row level security', name);
          execute format('alter table %I force row level security', name);
          execute format('alter table webhook_deliveries attach partition %I for values from (%L) to (%L)',
            name, one, one + 1);
        end loop;
      end $$`,
  `create function drop_webhook_days(before date) returns integer
     language plpgsql security definer set search_path from current as
   $$ declare
        one regclass;
        dropped integer := 0;
      begin
        perform set_config('lock_timeout', '2s', true);
        for one in
          select inhrelid::regclass from pg_inherits
           where inhparent = 'webhook_deliveries'::regclass
             and right(inhrelid::regclass::text, 8) < to_char(before, 'YYYYMMDD')
           order by 1
        loop
          execute format('drop table %s', one);
          dropped := dropped + 1;
        end loop;
        return dropped;
      end $$`,
  // Whether anybody wants events of the account; the platform's endpoints are not the account's to see.
  `create function webhooks_wanted(account text) returns boolean
     language sql stable security definer set search_path from current as
   $$ select exists (select from webhook_endpoints where account_id in (account, '*') and status <> 'deleted') $$`,
  ...['webhook_days(date, date)', 'drop_webhook_days(date)', 'webhooks_wanted(text)'].flatMap((signature) => [
    `revoke all on function ${signature} from public`,
    `grant execute on function ${signature} to accord_notification, accord_notification_operator`,
  ]),
  // Whether a version has come already.
  'create index timeline_events_by_version on timeline_events (aggregate_id, aggregate_version)',
];
