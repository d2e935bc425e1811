import type { Contact } from '../delivery/delivery.ts';
import { choose, defaultPreferences, keptBack, toldBy, unsubscribe, type Preferences } from './preference.ts';
import { quietUntil } from './quiet-hours.ts';

describe('quiet hours', () => {
  const until = (now: string, from: string, to: string, zone: string) =>
    quietUntil(new Date(now), { from, to }, zone)?.toISOString();

  test.each([
    ['before them', '2026-01-10T13:59:59Z', undefined],
    ['at their first minute, before midnight', '2026-01-10T14:00:00Z', '2026-01-11T00:00:00.000Z'],
    ['after midnight', '2026-01-10T18:30:00Z', '2026-01-11T00:00:00.000Z'],
    ['at their end', '2026-01-11T00:00:00Z', undefined],
  ])('NTF-4 over midnight in Shanghai, 22:00 to 08:00: %s', (_, now, end) => {
    expect(until(now, '22:00', '08:00', 'Asia/Shanghai')).toBe(end);
  });

  test('NTF-4 within a day, by the clock of the zone; a zone that does not exist is UTC', () => {
    expect(until('2026-01-10T04:30:00Z', '12:00', '14:00', 'Asia/Shanghai')).toBe('2026-01-10T06:00:00.000Z');
    expect(until('2026-01-10T12:30:00Z', '12:00', '14:00', 'Nowhere/Else')).toBe('2026-01-10T14:00:00.000Z');
    expect(until('2026-01-10T04:30:00Z', '12:00', '14:00', 'UTC')).toBeUndefined();
  });

  test('NTF-4 where the clock is put forward over their end, they end an hour later on it', () => {
    // New York, 8 March 2026: after 01:59 comes 03:00.
    expect(until('2026-03-08T06:30:00Z', '23:00', '02:30', 'America/New_York')).toBe(
      '2026-03-08T07:30:00.000Z',
    );
    expect(until('2026-03-08T07:30:00Z', '23:00', '02:30', 'America/New_York')).toBeUndefined();
    // The night is an hour shorter.
    expect(until('2026-03-08T04:00:00Z', '23:00', '07:00', 'America/New_York')).toBe(
      '2026-03-08T11:00:00.000Z',
    );
  });

  test('NTF-4 where the clock shows their end twice, they end at the next time that it does', () => {
    // New York, 1 November 2026: 01:30 is 05:30Z and again 06:30Z.
    expect(until('2026-11-01T05:15:00Z', '22:00', '01:30', 'America/New_York')).toBe(
      '2026-11-01T05:30:00.000Z',
    );
    expect(until('2026-11-01T06:15:00Z', '22:00', '01:30', 'America/New_York')).toBe(
      '2026-11-01T06:30:00.000Z',
    );
    expect(until('2026-11-01T06:30:00Z', '22:00', '01:30', 'America/New_York')).toBeUndefined();
  });

  test('NTF-4 at any minute of any zone the end lies ahead, and is not quiet', () => {
    const zones = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
    for (const zone of zones)
      for (const [from, to] of [
        ['22:00', '08:00'],
        ['01:45', '02:15'],
        ['12:00', '11:59'],
      ] as const)
        for (const day of ['2026-03-08', '2026-04-05', '2026-10-04', '2026-11-01'])
          for (let at = +new Date(`${day}T00:00:00Z`), i = 0; i < 144; i += 1, at += 10 * 60_000) {
            const end = quietUntil(new Date(at), { from, to }, zone);
            if (!end) continue;
            expect(+end).toBeGreaterThan(at);
            expect(+end - at).toBeLessThanOrEqual(25 * 3_600_000);
          }
  });
});

describe('preferences', () => {
  const now = new Date('2026-01-10T15:00:00.000Z'); // 23:00 in Shanghai
  const contact: Contact = {
    contactId: 'c1',
    name: 'Chen',
    email: 'chen@example.com',
    phone: null,
    locale: 'en',
    timeZone: 'Asia/Shanghai',
    classes: ['orders'],
  };
  const chosen = {
    switchedOff: [{ messageClass: 'orders', channel: 'email' }],
    unsubscribed: [],
    quietHours: { from: '22:00', to: '08:00' },
  } as const;
  const preferences: Preferences = choose(defaultPreferences('acc_1'), chosen);
  const about = (more: object = {}) =>
    ({ mandatory: false, messageClass: 'contracts', channel: 'email', ...more }) as const;
  const kept = (more: object = {}, of = preferences) => keptBack(of, about(more), { contact, now });

  test('NTF-4 off, held back until the end, or gone out; mandatory ones always go out', () => {
    expect(kept({ messageClass: 'orders' })).toEqual({ skip: 'switched_off' });
    expect(kept({ messageClass: 'orders', channel: 'sms' })).toEqual({
      until: new Date('2026-01-11T00:00:00Z'),
    });
    expect(kept()).toEqual({ until: new Date('2026-01-11T00:00:00Z') });
    expect(kept({ messageClass: 'orders', mandatory: true })).toBeUndefined();
    expect(kept({ channel: 'inbox' })).toBeUndefined();
    expect(kept({}, { ...preferences, quietHours: null })).toBeUndefined();
    expect(kept({}, defaultPreferences('acc_1'))).toBeUndefined();
  });

  test('NTF-4 NTF-14 a contact that unsubscribed gets no e-mails of that class, once or twice asked', () => {
    const once = unsubscribe(preferences, { contactId: 'c1', messageClass: 'contracts' });
    expect(once.version).toBe(preferences.version + 1);
    expect(unsubscribe(once, { contactId: 'c1', messageClass: 'contracts' })).toBe(once);
    expect(kept({}, once)).toEqual({ skip: 'unsubscribed' });
    expect(kept({ mandatory: true }, once)).toBeUndefined();
    expect(kept({ messageClass: 'refunds' }, once)).toHaveProperty('until');
    const others = { contact: { ...contact, contactId: 'c2' }, now };
    expect(keptBack(once, about(), others)).toHaveProperty('until');
  });

  test('NTF-4 a class of which every message is mandatory cannot be switched off, and says so', () => {
    expect(toldBy({ messageClass: 'security', channel: 'email' })).toMatchObject({ sometimes: [] });
    expect(() =>
      choose(preferences, { ...chosen, switchedOff: [{ messageClass: 'security', channel: 'email' }] }),
    ).toThrow('preference.mandatory');
    expect(toldBy({ messageClass: 'orders', channel: 'email' }).always).toEqual(['order.expiring']);
    expect(toldBy({ messageClass: 'contracts', channel: 'email' }).always).toEqual([]);
  });

  test('NTF-4 each choice is a version; who unsubscribed twice is named once', () => {
    const one = { contactId: 'c1', messageClass: 'orders' } as const;
    expect(choose(preferences, { ...chosen, unsubscribed: [one, { ...one }] })).toEqual({
      ...preferences,
      version: preferences.version + 1,
      unsubscribed: [one],
    });
  });
});
