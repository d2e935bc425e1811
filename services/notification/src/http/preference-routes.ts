import { z } from 'zod';
import { Id } from '@accord/events/fields';
import { accountOf, accountRefusals, route, type Route } from '@accord/http';
import { getPreferences } from '../preference/preference-store.ts';
import { messageClasses, outgoing, toldBy, type Preferences } from '../preference/preference.ts';
import { choosePreferences } from '../preferences.ts';
import { reader } from './schemas.ts';

const MessageClass = z.enum(messageClasses);
const Outgoing = z.enum(outgoing);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const quietHours = { from: clock, to: clock };
const saysOfHours =
  "`22:00` to `08:00` of the contact's own clock, over midnight where `to` is earlier. Messages that may wait " +
  'come at the end, as one e-mail.';
const QuietHours = z.object(quietHours).meta({ id: 'QuietHours', description: saysOfHours });
const QuietHoursInput = z
  .strictObject(quietHours)
  .refine(({ from, to }) => from !== to, {
    message: 'begin and end at different times',
    params: { 'zh-CN': '开始时间与结束时间不得相同', beyondSchema: true },
  })
  .meta({ id: 'QuietHoursInput', description: saysOfHours });

const optOut = { contactId: Id, messageClass: MessageClass };
const OptOut = z.object(optOut).meta({ id: 'OptOut' });
const OptOutInput = z.strictObject(optOut).meta({ id: 'OptOutInput' });

const PreferencesAnswer = z
  .object({
    accountId: z.string(),
    version: z.int(),
    channels: z
      .array(
        z
          .object({
            messageClass: MessageClass,
            channel: Outgoing,
            on: z.boolean(),
            alwaysTold: z.array(z.string()).meta({ description: 'Event types that come though it is off.' }),
          })
          .meta({ id: 'ChannelPreference' }),
      )
      .meta({ description: 'Each class and channel. The inbox has every message.' }),
    quietHours: QuietHours.nullable(),
    unsubscribed: z.array(OptOut).meta({ description: 'Contacts that want no e-mails of a class any more.' }),
  })
  .meta({ id: 'Preferences' });

const PreferencesInput = z
  .strictObject({
    channels: z
      .array(
        z
          .strictObject({ messageClass: MessageClass, channel: Outgoing, on: z.boolean() })
          .meta({ id: 'ChannelChoice' }),
      )
      .max(messageClasses.length * outgoing.length)
      .refine(
        (named) => new Set(named.map((one) => `${one.messageClass} ${one.channel}`)).size === named.length,
        {
          message: 'name each class and channel once',
          params: { 'zh-CN': '每个消息类别和渠道只能出现一次', beyondSchema: true },
        },
      )
      .default([])
      .meta({ description: 'Those that are not named are on.' }),
    quietHours: QuietHoursInput.nullable().default(null),
    unsubscribed: z.array(OptOutInput).max(200).default([]),
  })
  .meta({ id: 'PreferencesInput' });

const toPreferencesAnswer = (preferences: Preferences): z.input<typeof PreferencesAnswer> => ({
  accountId: preferences.accountId,
  version: preferences.version,
  channels: messageClasses.flatMap((messageClass) =>
    outgoing.map((channel) => ({
      messageClass,
      channel,
      on: !preferences.switchedOff.some(
        (off) => off.messageClass === messageClass && off.channel === channel,
      ),
      alwaysTold: toldBy({ messageClass, channel }).always,
    })),
  ),
  quietHours: preferences.quietHours,
  unsubscribed: [...preferences.unsubscribed],
});

const answered = (preferences: Preferences) => ({
  body: toPreferencesAnswer(preferences),
  version: preferences.version,
});

const getPreferencesRoute = route({
  method: 'get',
  path: '/v1/notifications/preferences',
  operationId: 'getPreferences',
  summary: 'How an account wants to be told: by class and channel, and when.',
  access: reader,
  query: z.strictObject({ accountId: Id.optional() }),
  answer: PreferencesAnswer,
  refusals: accountRefusals,
  inTransaction: async (tx, { actor, query }) =>
    answered(await getPreferences(tx, accountOf(actor, query.accountId))),
});

const choosePreferencesRoute = route({
  method: 'put',
  path: '/v1/notifications/preferences',
  operationId: 'choosePreferences',
  summary: 'Writes them anew, for what is sent from now on. What is mandatory comes all the same.',
  access: { customer: 'notifications:write' },
  body: PreferencesInput,
  example: {
    channels: [{ messageClass: 'orders', channel: 'email', on: false }],
    quietHours: { from: '22:00', to: '08:00' },
    unsubscribed: [],
  },
  answer: PreferencesAnswer,
  refusals: ['preference.mandatory', 'request.version_mismatch'],
  inTransaction: async (tx, { actor, body: { channels, ...chosen }, ifMatch }) => {
    const switchedOff = channels
      .filter(({ on }) => !on)
      .map(({ messageClass, channel }) => ({ messageClass, channel }));
    return answered(
      await choosePreferences(tx, { accountId: accountOf(actor), switchedOff, ...chosen, ifMatch }),
    );
  },
});

export const preferenceRoutes: readonly Route[] = [getPreferencesRoute, choosePreferencesRoute];
