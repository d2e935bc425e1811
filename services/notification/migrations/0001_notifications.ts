import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  `create table contacts (
     account_id text primary key,
     version bigint not null,
     contacts jsonb not null
   )`,
  accountTable('notification', 'contacts', { app: ['insert', 'update'], operator: [] }),

  // The part of each event that customers may see, kept once; messages and the timeline read it here.
  `create table timeline_events (
     event_id text not null,
     account_id text not null,
     type text not null,
     time timestamptz not null,
     actor text not null,
     causation_id text not null,
     correlation_id text not null,
     aggregate text not null,
     aggregate_id text not null,
     aggregate_version bigint not null,
     data jsonb not null,
     source text not null default '',
     primary key (event_id, source)
   )`,
  `create index timeline_events_by_account on timeline_events (account_id, time, (event_id || ' ' || source))`,
  accountTable('notification', 'timeline_events', { app: ['insert'], operator: [] }),

  `create table timeline_links (
     kind text not null check (kind in ('order', 'contract', 'refund', 'bill', 'event')),
     id text not null,
     event_id text not null,
     account_id text not null,
     source text not null default '',
     primary key (kind, id, event_id, source)
   )`,
  accountTable('notification', 'timeline_links', { app: ['insert'], operator: [] }),

  `create table notifications (
     notification_id text primary key,
     account_id text not null,
     event_id text not null,
     event_type text not null,
     message_class text not null check (message_class in ('orders', 'contracts', 'refunds', 'security')),
     mandatory boolean not null,
     channel text not null check (channel in ('inbox', 'email', 'sms')),
     contact_id text,
     status text not null check (status in ('pending', 'sending', 'sent', 'retry_wait', 'dead', 'skipped')),
     version integer not null,
     attempts integer not null,
     give_up_after integer not null,
     reason text,
     next_at timestamptz,
     created_at timestamptz not null,
     sent_at timestamptz,
     read_at timestamptz,
     unread boolean not null generated always as (read_at is null) stored,
     unique nulls not distinct (event_id, channel, contact_id)
   )`,
  `create index notifications_inbox on notifications (account_id, unread desc, created_at desc, notification_id desc)
    where channel = 'inbox'`,
  'create index notifications_due on notifications (channel, next_at) where next_at is not null',
  `create index notifications_unresolved on notifications (account_id)
    where channel <> 'inbox' and contact_id is null and status = 'pending'`,
  accountTable('notification', 'notifications', {
    app: ['insert', 'update', 'delete'],
    operator: ['update'],
  }),

  `create table notification_attempts (
     notification_id text not null,
     attempt integer not null,
     account_id text not null,
     started_at timestamptz not null,
     ended_at timestamptz,
     outcome text,
     primary key (notification_id, attempt)
   )`,
  accountTable('notification', 'notification_attempts', ['insert', 'update (ended_at, outcome)']),
];
