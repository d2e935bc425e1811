// A group member in a process of its own, to be killed: handles the first slice, and never the others.
import { pino } from 'pino';
import type * as Door from '../src/index.ts';

export interface CrashingMemberSettings {
  /** URL of the door of the client. */
  readonly door: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionMs: number;
}

const settings = JSON.parse(process.argv[2]!) as CrashingMemberSettings;
const { door, brokers, topicPrefix, ...joining } = settings;
const { joinGroup, openKafka } = (await import(door)) as typeof Door;
const member = joinGroup(
  openKafka({ brokers, clientId: 'crashing', topicPrefix, log: pino({ level: 'silent' }) }),
  {
    ...joining,
    hasRoom: () => Promise.resolve(true),
    onSlice(slice) {
      if (slice.first === 0n) member.handled(slice);
    },
  },
);
