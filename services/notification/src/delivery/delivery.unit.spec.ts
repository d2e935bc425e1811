import {
  awaitContacts,
  backOffMs,
  completeDelivery,
  deliverBy,
  failDelivery,
  holdDelivery,
  replayDelivery,
  skipDelivery,
  takeDelivery,
  type Contact,
  type Delivery,
} from './delivery.ts';

describe('deliveries', () => {
  const now = new Date('2026-01-10T00:00:00.000Z');
  const later = (ms: number) => new Date(+now + ms);
  const message = {
    accountId: 'acc_1',
    eventId: 'e1',
    eventType: 'order.paid',
    messageClass: 'orders',
    mandatory: false,
  } as const;
  const contact = (more: Partial<Contact>): Contact => ({
    contactId: 'c1',
    name: 'Chen',
    email: 'chen@example.com',
    phone: null,
    locale: 'en',
    timeZone: 'UTC',
    classes: ['orders'],
    ...more,
  });
  const deliverByEmail = (of: typeof message, contacts: readonly Contact[] | undefined) =>
    deliverBy('email', of, { contacts, now });
  const delivery = deliverByEmail(message, [contact({})])[0]!;
  const minutes = (n: number) => n * 60_000;

  test('NTF-2 one e-mail for each contact of the class, each address once', () => {
    const contacts = [
      contact({}),
      contact({ contactId: 'c2', email: 'CHEN@example.com ' }),
      contact({ contactId: 'c3', classes: ['refunds'] }),
      contact({ contactId: 'c4', email: null }),
      contact({ contactId: 'c5', email: 'li@example.com' }),
    ];
    expect(deliverByEmail(message, contacts).map(({ contactId, status }) => [contactId, status])).toEqual([
      ['c1', 'pending'],
      ['c5', 'pending'],
    ]);
    expect(deliverByEmail(message, [contact({ classes: [] })])).toMatchObject([
      { contactId: null, status: 'skipped', reason: 'no_contact', nextAt: null },
    ]);
    expect(deliverByEmail(message, undefined)).toMatchObject([
      { contactId: null, status: 'pending', nextAt: now },
    ]);
  });

  test('NTF-5 pending, sending, sent: announced once, with its version', () => {
    const taken = takeDelivery(delivery, now);
    expect(taken).toMatchObject({
      state: { status: 'sending', attempts: 1, nextAt: later(minutes(1)) },
      facts: [],
    });
    const done = completeDelivery(taken.state, later(5));
    expect(done.state).toMatchObject({ status: 'sent', version: 1, nextAt: null, sentAt: later(5) });
    expect(done.facts).toMatchObject([
      {
        type: 'notification.sent',
        data: { notification: { version: 1, channel: 'email', contactId: 'c1' } },
      },
    ]);
    expect(() => takeDelivery(done.state, now)).toThrow('notification.transition_refused');
  });

  test('NTF-5 ten attempts, each later than the one before, then dead; a replay gives ten more', () => {
    let at: Delivery = delivery;
    const waits: number[] = [];
    while (at.status !== 'dead') {
      at = failDelivery(takeDelivery(at, now).state, {
        reason: 'smtp ECONNECTION',
        permanent: false,
        now,
        chance: 0.5,
      }).state;
      if (at.nextAt) waits.push((+at.nextAt - +now) / minutes(1));
    }
    expect(at).toMatchObject({ attempts: 10, version: 1, reason: 'smtp ECONNECTION', nextAt: null });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 240]);
    const again = replayDelivery(at, now).state;
    expect(again).toMatchObject({ status: 'pending', giveUpAfter: 20, nextAt: now });
    expect(
      failDelivery(takeDelivery(again, now).state, { reason: 'x', permanent: false, now, chance: 0 }).state
        .status,
    ).toBe('retry_wait');
    expect(completeDelivery(takeDelivery(again, now).state, now).state.version).toBe(2);
  });

  test('NTF-5 back-off is spread by a fifth to both sides', () => {
    expect([backOffMs(1, 0), backOffMs(1, 0.999_999)]).toEqual([48_000, 72_000]);
    expect(backOffMs(40, 0.5)).toBe(minutes(240));
  });

  test('NTF-5 what the server will never take is dead at once; an attempt that never came back counts', () => {
    const refused = failDelivery(takeDelivery(delivery, now).state, {
      reason: 'smtp EENVELOPE 550',
      permanent: true,
      now,
      chance: 0,
    });
    expect(refused.facts).toMatchObject([
      { type: 'notification.dead', data: { reason: 'smtp EENVELOPE 550' } },
    ]);
    const lost = takeDelivery({ ...takeDelivery(delivery, now).state, attempts: 10 }, later(minutes(3)));
    expect(lost).toMatchObject({
      state: { status: 'dead', reason: 'outcome_unknown' },
      facts: [{ type: 'notification.dead' }],
    });
    expect(takeDelivery(takeDelivery(delivery, now).state, later(minutes(3))).state).toMatchObject({
      status: 'sending',
      attempts: 2,
    });
  });

  test('NTF-4 one that is held back counts no attempt, and goes by itself once it is replayed', () => {
    const until = later(minutes(60));
    const held = holdDelivery(delivery, until);
    expect(held).toMatchObject({
      state: { status: 'pending', attempts: 0, reason: 'quiet_hours', nextAt: until, heldUntil: until },
      facts: [],
    });
    const sent = takeDelivery(held.state, until).state;
    const dead = failDelivery(sent, { reason: 'x', permanent: true, now: until, chance: 0 }).state;
    expect([dead.heldUntil, replayDelivery(dead, until).state.heldUntil]).toEqual([until, null]);
  });

  test('NTF-2 contacts are awaited for seven days', () => {
    const unresolved = deliverByEmail(message, undefined)[0]!;
    expect(awaitContacts(unresolved, later(minutes(7 * 24 * 60) - 1))).toMatchObject({
      state: { status: 'pending' },
      facts: [],
    });
    expect(awaitContacts(unresolved, later(minutes(7 * 24 * 60)))).toMatchObject({
      state: { status: 'dead', reason: 'no_contacts_known' },
    });
    expect(skipDelivery(delivery, 'contact_gone').state).toMatchObject({
      status: 'skipped',
      reason: 'contact_gone',
      nextAt: null,
    });
  });
});
