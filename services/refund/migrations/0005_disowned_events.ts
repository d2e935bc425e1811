import { disownedTable } from '@accord/messaging/disowned-events';
import type { Migration } from '@accord/postgres';

export const up: Migration = disownedTable('refund');
