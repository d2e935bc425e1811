import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // An export job, which stays when its file is gone: who took which rows, and when. `last_key` and
  // `writer_state` are where its file goes on.
  `create table exports (
     export_id text primary key,
     account_id text not null,
     version int not null check (version >= 0),
     requested_by text not null,
     format text not null check (format in ('csv', 'xlsx')),
     locale text not null check (locale in ('zh-CN', 'en')),
     filter jsonb not null,
     status text not null check (status in ('running', 'ready', 'cancelled', 'expired')),
     rows_expected int not null,
     rows_written int not null,
     parts int not null,
     bytes bigint not null,
     last_key text[],
     writer_state jsonb,
     whole boolean not null,
     sha256 text,
     requested_at timestamptz not null,
     worked_at timestamptz not null,
     ready_at timestamptz,
     expires_at timestamptz not null,
     check (status <> 'ready' or (whole and sha256 is not null and ready_at is not null))
   )`,
  // One job of an account at a time.
  `create unique index exports_running on exports (account_id) where status = 'running'`,
  `create index exports_of_account on exports (account_id, requested_at, export_id)`,
  `create index exports_by_time on exports (requested_at, export_id)`,
  `create index exports_to_expire on exports (expires_at) where status in ('running', 'ready')`,
  accountTable('order', 'exports', [
    'insert',
    `update (version, status, rows_written, parts, bytes, last_key, writer_state, whole, sha256, worked_at,
      ready_at, expires_at)`,
  ]),

  `create table export_parts (
     export_id text not null references exports,
     part int not null check (part > 0),
     account_id text not null,
     bytes bytea not null,
     primary key (export_id, part)
   )`,
  accountTable('order', 'export_parts', ['insert', 'delete']),
];
