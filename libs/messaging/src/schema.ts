import { innerTable, sharedTable } from '@accord/postgres';

/**
 * The statements that create messaging's tables in a service's schema. Queue tables have their own autovacuum
 * settings, so that they stay small. Rows of the outbox are not compressed, as Postgres would do from 2 KB on,
 * because they live for milliseconds.
 */
export const messagingTables = (service: string): readonly string[] => [
  ...outboxTables(service),
  ...inboxTables(service),
];

function outboxTables(service: string): readonly string[] {
  const app = `accord_${service}`;
  const operator = `${app}_operator`;
  return [
    `create table outbox (
       seq bigint generated always as identity primary key,
       event_id uuid not null,
       aggregate_type text not null,
       aggregate_id text not null,
       aggregate_version bigint not null,
       topic text not null,
       key text not null,
       type text not null,
       payload text not null,
       headers text not null,
       shard smallint not null,
       occurred_at timestamptz not null,
       unique (aggregate_type, aggregate_id, aggregate_version, type)
     ) with (
       toast_tuple_target = 8160,
       autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_threshold = 2000,
       autovacuum_vacuum_cost_delay = 0,
       autovacuum_analyze_threshold = 100000
     )`,
    `create index outbox_shard_seq on outbox (shard, seq)`,
    `grant insert on outbox to ${app}`,
    `grant select, insert, delete on outbox to ${operator}`,
    `grant select on outbox to accord_auditor`,
    // Rows the broker refused, with the later rows of their key behind them (EVT-7).
    `create table outbox_refused (
       like outbox,
       reason text not null,
       refused_at timestamptz not null default now(),
       primary key (seq)
     )`,
    `grant select, insert, delete on outbox_refused to ${operator}`,
    `grant select on outbox_refused to accord_auditor`,
  ];
}

function inboxTables(service: string): readonly string[] {
  return [
    // An id is one event's only together with its source. By id first: ours grow, so rows stay together.
    `create table inbox (
       event_id uuid not null,
       source text not null default '',
       received_at timestamptz not null default now(),
       primary key (event_id, source)
     ) with (autovacuum_vacuum_insert_scale_factor = 0.5)`,
    // Not brin: its summary of blocks gets worse with each row that takes the place of a deleted one.
    `create index inbox_received_at on inbox (received_at)`,
    // Retention alone forgets.
    sharedTable(service, 'inbox', { app: ['insert'], operator: ['insert', 'delete'] }),
    ...parkedTables(service),
  ];
}

function parkedTables(service: string): readonly string[] {
  return [
    // Events of a key whose first event failed: they wait here in their order (EVT-9). A dead first event keeps
    // its key waiting until an operator decides on it.
    `create table parked_events (
       seq bigint generated always as identity primary key,
       event_id uuid not null,
       -- Empty where the message names none.
       source text not null default '',
       type text not null,
       key text not null,
       topic text not null,
       partition integer not null,
       "offset" bigint not null,
       payload text not null,
       headers text not null,
       status text not null default 'waiting' check (status in ('waiting', 'dead')),
       attempts integer not null default 0,
       -- Tries that began and did not end: the process ended during them.
       starts integer not null default 0,
       next_attempt_at timestamptz not null default now(),
       reason text,
       parked_at timestamptz not null default now(),
       unique (event_id, source)
     )`,
    `create index parked_events_key on parked_events (key, seq)`,
    innerTable(service, 'parked_events', {
      app: ['insert', 'update', 'delete'],
      operator: ['update', 'delete'],
    }),
    // Events whose handling began together and has not ended: one of them may have ended the process (EVT-9).
    // `starts` counts for a record of one event alone.
    `create table begun_events (
       batch_id uuid primary key,
       event_ids uuid[] not null,
       starts integer not null default 1,
       begun_at timestamptz not null default clock_timestamp()
     )`,
    innerTable(service, 'begun_events', { app: ['insert', 'update', 'delete'], operator: ['delete'] }),
    ...redriveTables(service),
  ];
}

function redriveTables(service: string): readonly string[] {
  return [
    // Decisions of operators on dead letters, and by whom (EVT-10).
    `create table redrive_acts (
       event_id uuid not null,
       source text not null default '',
       act text not null check (act in ('replay', 'discard')),
       actor text not null,
       at timestamptz not null
     )`,
    `create index redrive_acts_event on redrive_acts (event_id)`,
    `grant select, insert on redrive_acts to accord_${service}_operator`,
    `grant select on redrive_acts to accord_auditor`,
  ];
}
