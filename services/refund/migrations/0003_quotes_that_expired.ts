import type { Migration } from '@accord/platform';

export const up: Migration = [`create index quotes_expired on quotes (expires_at)`];
