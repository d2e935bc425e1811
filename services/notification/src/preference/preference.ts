import { Refusal } from '@accord/core';
import type { Contact, Delivery } from '../delivery/delivery.ts';
import { notices, type Channel, type MessageClass, type Notice } from '../notice/notice.ts';
import { quietUntil, type QuietHours } from './quiet-hours.ts';

/** A channel that can be switched off; the inbox has every message. */
export type Outgoing = Exclude<Channel, 'inbox'>;
export const outgoing = ['email', 'sms'] as const satisfies readonly Outgoing[];
export const messageClasses = ['orders', 'contracts', 'refunds', 'security'] as const;

export interface Switch {
  readonly messageClass: MessageClass;
  readonly channel: Outgoing;
}

/** A contact that wants no more e-mails of a class. */
export interface OptOut {
  readonly contactId: string;
  readonly messageClass: MessageClass;
}

/** NTF-4: how an account wants to be told. */
export interface Preferences {
  readonly accountId: string;
  /** Grows with each change; 1 before the first. */
  readonly version: number;
  /** All others are on. */
  readonly switchedOff: readonly Switch[];
  readonly unsubscribed: readonly OptOut[];
  readonly quietHours: QuietHours | null;
}

export const defaultPreferences = (accountId: string): Preferences => ({
  accountId,
  version: 1,
  switchedOff: [],
  unsubscribed: [],
  quietHours: null,
});

/** The event types of a class that a channel tells, by whether they come whatever is switched off. */
export function toldBy({ messageClass, channel }: Switch): { always: string[]; sometimes: string[] } {
  const told = Object.entries<Notice>(notices).flatMap(([type, notice]) =>
    notice.tells === messageClass && notice.channels.includes(channel)
      ? [{ type, mandatory: notice.mandatory }]
      : [],
  );
  const typesOf = (isAlways: boolean) =>
    told.filter(({ mandatory }) => (mandatory === true) === isAlways).map(({ type }) => type);
  return { always: typesOf(true), sometimes: typesOf(false) };
}

/** True where there is nothing that could be switched off. */
const isWhollyMandatory = (one: Switch) => {
  const { always, sometimes } = toldBy(one);
  return always.length > 0 && sometimes.length === 0;
};

/** @throws Refusal `preference.mandatory` */
export function expectOptional(one: Switch): void {
  if (isWhollyMandatory(one)) throw new Refusal('conflict', 'preference.mandatory', { ...one });
}

const isSameSwitch = (one: Switch) => (other: Switch) =>
  one.messageClass === other.messageClass && one.channel === other.channel;
const isSameOptOut = (one: OptOut) => (other: OptOut) =>
  one.messageClass === other.messageClass && one.contactId === other.contactId;

/** The whole of it anew. @throws Refusal `preference.mandatory` for what cannot be switched off. */
export function choose(
  preferences: Preferences,
  chosen: Pick<Preferences, 'switchedOff' | 'unsubscribed' | 'quietHours'>,
): Preferences {
  chosen.switchedOff.forEach(expectOptional);
  const { version } = preferences;
  const unsubscribed = chosen.unsubscribed.filter((one, i, all) => all.findIndex(isSameOptOut(one)) === i);
  return { ...preferences, ...chosen, unsubscribed, version: version + 1 };
}

/** As its reader asked by one click; asked again, it stays as it is. */
export function unsubscribe(preferences: Preferences, one: OptOut): Preferences {
  if (preferences.unsubscribed.some(isSameOptOut(one))) return preferences;
  const { version, unsubscribed } = preferences;
  return { ...preferences, unsubscribed: [...unsubscribed, one], version: version + 1 };
}

/** Why a message does not go out, or until when it waits; undefined: nothing keeps it back (NTF-4). */
export type KeptBack = { readonly skip: 'switched_off' | 'unsubscribed' } | { readonly until: Date };

/** Mandatory messages are never kept back. */
export function keptBack(
  preferences: Preferences,
  { mandatory, messageClass, channel }: Pick<Delivery, 'mandatory' | 'messageClass' | 'channel'>,
  { contact: { contactId, timeZone }, now }: { contact: Contact; now: Date },
): KeptBack | undefined {
  if (mandatory || channel === 'inbox') return undefined;
  if (preferences.switchedOff.some(isSameSwitch({ messageClass, channel }))) return { skip: 'switched_off' };
  if (channel === 'email' && preferences.unsubscribed.some(isSameOptOut({ contactId, messageClass })))
    return { skip: 'unsubscribed' };
  const until = preferences.quietHours && quietUntil(now, preferences.quietHours, timeZone);
  return until ? { until } : undefined;
}
