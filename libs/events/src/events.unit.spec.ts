import { readdirSync, readFileSync } from 'node:fs';
import { Kafka, type CloudEvent } from 'cloudevents';
import { z } from 'zod';
import { AccountTelling } from './account.ts';
import { asyncApi } from './asyncapi.ts';
import { incompatibilities } from './compatibility.ts';
import { schemaText } from './documents.ts';
import {
  eventTypes,
  eventTypesAbout,
  fitsEvent,
  headersOf,
  keyOf,
  parseFact,
  readEvent,
  subjectOf,
  type Event,
  type EventAbout,
  type EventType,
} from './index.ts';
import { recordedForm, type RecordedForm } from './recorded-form.ts';
import { schemaAddress } from './schema-address.ts';
import { deadLetterTopic, topicSettings } from './topics.ts';

type Sample = {
  topic: EventType;
  key: string;
  headers: Record<string, string>;
  value: Record<string, unknown>;
};

const folder = new URL('../', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
const sampleFiles = readdirSync(new URL('samples', folder)).sort();
const sample = (file: string) => read(`samples/${file}`) as Sample;
const recorded = (type: EventType) => read(`recorded/${type}.schema.json`) as RecordedForm;
const howToRecord =
  'run `npm run events:record`; where it says so, add a message of the new version under libs/events/samples';

describe('recorded messages', () => {
  test.each(sampleFiles)('EVT-4 %s parses for ever', (file) => {
    const { topic, key, headers, value } = sample(file);
    const event = readEvent(topic, value, headers);
    expect(event).toMatchObject({
      type: topic,
      id: headers['ce_id'],
      actor: headers['ce_actor'],
      causationId: headers['ce_causationid'],
    });
    expect(keyOf(event)).toBe(key);
  });

  test.each(eventTypes)(
    'EVT-3 a message of the newest %s has every field of its schema and no other',
    (type) => {
      const { topic, value } = sample(`${type}.${String(recorded(type)['x-version'])}.json`);
      expect(topic).toBe(type);
      expect(parseFact(type, value).data).toEqual(value);
      const fields = Object.keys((recorded(type)['properties'] ?? {}) as object);
      expect(Object.keys(value).sort()).toEqual(fields.sort());
    },
  );

  test('EVT-3 unknown fields of a newer producer are dropped, and what does not fit is refused', () => {
    const { headers, value } = sample('order.released.1.json');
    expect(readEvent('order.released', { ...value, later: 1 }, headers).data).toEqual(value);
    for (const broken of [
      { ...value, holder: { kind: 'nobody', id: 'x' } },
      { holder: value['holder'] },
      null,
      'text',
    ]) {
      expect(() => readEvent('order.released', broken, headers)).toThrow(z.ZodError);
    }
  });
});

describe('the envelope', () => {
  test.each(eventTypes)('EVT-2 %s goes out and comes in as CloudEvents 1.0', (type) => {
    const { headers, value } = sample(`${type}.1.json`);
    const event = readEvent(type, value, headers);
    expect(event.source).toBe(headers['ce_source']);
    expect(headersOf(event, { traceparent: headers['traceparent'] })).toEqual({
      ...headers,
      ce_dataschema: schemaAddress(type),
    });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      ce_type: type,
      ce_dataschema: schemaAddress(type, undefined, 1),
      ce_subject: event.subject.id,
    });
  });

  test.each(eventTypes)('EVT-2 the CloudEvents SDK reads %s as it was announced', (type) => {
    const { headers, value, key } = sample(`${type}.1.json`);
    const event = readEvent(type, value, headers);
    const publicUrl = 'https://accord.example';
    const text = JSON.stringify(event.data);
    const message = { key, value: text, body: text, headers: headersOf(event, { publicUrl }) };
    const read = Kafka.toEvent<unknown>(message) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    expect(read.toJSON()).toMatchObject({
      specversion: '1.0',
      id: event.id,
      source: event.source,
      type,
      subject: event.subject.id,
      time: event.time.toISOString(),
      datacontenttype: 'application/json',
      dataschema: schemaAddress(type, publicUrl),
      data: event.data,
      sequence: String(event.subject.version).padStart(10, '0'),
      sequencetype: 'Integer',
      ...(event.subject.accountId !== undefined && { accountid: event.subject.accountId }),
      causationid: event.causationId,
      correlationid: event.correlationId,
    });
  });

  test('EVT-2 a fact without an account and without a trace has no such headers', () => {
    const { value, headers } = sample('product.published.1.json');
    const sent = headersOf(readEvent('product.published', value, headers));
    expect(Object.keys(sent)).not.toContain('ce_accountid');
    expect(Object.keys(sent)).not.toContain('traceparent');
  });

  test('EVT-2 sequences order like numbers where they are compared as texts, and say that they are numbers', () => {
    const { value, headers } = sample('account.updated.1.json');
    const { account } = value as { account: object };
    const sent = [1, 9, 10, 2 ** 31, 9_999_999_999].map((version) =>
      headersOf(readEvent('account.updated', { account: { ...account, version } }, headers)),
    );
    const sequences = sent.map(({ ce_sequence: sequence = '' }) => sequence);
    expect(sequences[2]).toBe('0000000010');
    expect(sequences.toSorted()).toEqual(sequences);
    expect(sequences.map(Number)).toEqual([1, 9, 10, 2 ** 31, 9_999_999_999]);
    expect(new Set(sent.map(({ ce_sequencetype: kind }) => kind))).toEqual(new Set(['Integer']));
  });

  test('EVT-2 the address of the schema is the installation’s, else a name, which the schema says', () => {
    const { value, headers } = sample('payment.unapplied.2.json');
    const event = readEvent('payment.unapplied', value, headers);
    const publicUrl = 'https://accord.example/eu';
    const of = (more?: { publicUrl: string }) => headersOf(event, more)['ce_dataschema'];
    expect([of(), of({ publicUrl })]).toEqual([
      'urn:accord:schema:payment.unapplied:2',
      `${publicUrl}/v1/schemas/payment.unapplied/2`,
    ]);
    expect(recorded('payment.unapplied')).toMatchObject({ $id: of(), 'x-version': 2 });
  });

  test.each(['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'])(
    'EVT-2 a message without a proper %s is refused',
    (header) => {
      const { value, headers } = sample('order.paid.1.json');
      for (const wrong of [undefined, '']) {
        expect(() =>
          readEvent('order.paid', value, { ...headers, [header]: wrong } as Record<string, string>),
        ).toThrow(z.ZodError);
      }
    },
  );

  const long = 'x'.repeat(301);
  test.each([
    ['ce_id', ['not-a-guid', '\uFEFF019b8bab-0680-7d02-aa76-00379f80c83a']],
    ['ce_source', [`/${long}`, '/a b', '/a\n/b', '/é', '\uFEFF/a', '/a\0']],
    [
      'ce_time',
      [
        '0001-01-01T00:00:00+08:00',
        '1969-12-31T23:59:59.999Z',
        '1970-01-01T00:00:00+00:01',
        '9999-12-31T23:59:59-00:01',
        '2026-02-30T00:00:00Z',
        '2026-01-01',
        `2026-01-01T00:00:00.${'0'.repeat(40)}Z`,
        '2026-01-01T00:00:00Z\n2026-01-01T00:00:00Z',
      ],
    ],
    ...['ce_actor', 'ce_causationid', 'ce_correlationid'].map(
      (header) =>
        [
          header,
          [long, 'x'.repeat(1_000_000), 'a\0b', 'a\nb', 'a\u2028b', '\uFEFFa', 'a\u202Eb', 'a\uFFFDb'],
        ] as const,
    ),
  ] as const)('EVT-2 EVT-9 a %s that is not bounded and well-formed is refused', (header, values) => {
    const { value, headers } = sample('order.paid.1.json');
    const isTaken = (text: string) => {
      try {
        return Boolean(readEvent('order.paid', value, { ...headers, [header]: text }));
      } catch (error) {
        if (error instanceof z.ZodError) return false;
        throw error;
      }
    };
    expect(values.filter(isTaken)).toEqual([]);
  });

  test('EVT-2 an envelope may be as long and as old as anybody needs', () => {
    const { value, headers } = sample('order.paid.1.json');
    const given = {
      ce_source: `/${'~'.repeat(299)}`,
      ce_time: '1970-01-01T08:00:00+08:00',
      ce_actor: `customer:${'客'.repeat(255)}`,
      ce_correlationid: 'x'.repeat(300),
      ce_causationid: '',
    };
    expect(readEvent('order.paid', value, { ...headers, ...given })).toMatchObject({
      source: given.ce_source,
      time: new Date(0),
      actor: given.ce_actor,
      correlationId: given.ce_correlationid,
      causationId: headers['ce_id'],
    });
  });

  test.each(['', 'acc 1', '\uFEFFacc_1', 'acc_1\u0000', 'acc/1', 'a'.repeat(65), 'конто'])(
    'API-4 EVT-9 %j is no account that a token may have, so no event is about it',
    (accountId) => {
      const { value, headers } = sample('payment.received.1.json');
      expect(() => readEvent('payment.received', { ...value, accountId }, headers)).toThrow(z.ZodError);
    },
  );

  test('EVT-14 API-9 a payment whose parts together have more digits than an amount has is refused', () => {
    const { value, headers } = sample('payment.received.1.json');
    const part = (amount: string) => ({ amount, currency: 'CNY' });
    const paid = (cash: string, giftCredit: string) =>
      readEvent(
        'payment.received',
        {
          ...value,
          parts: {
            cash: part(cash),
            giftCredit: part(giftCredit),
            storedCard: part('0.00'),
            voucher: part('0.00'),
          },
        },
        headers,
      );
    expect(() => paid('999999999999999.00', '1.00')).toThrow('together');
    expect(paid('999999999999998.00', '1.00').type).toBe('payment.received');
  });

  test('EVT-2 a message on the wrong topic is refused', () => {
    const { value, headers } = sample('order.cancelled.1.json');
    expect(() => readEvent('order.placed', value, headers)).toThrow(z.ZodError);
  });

  test('a platform service that knows none of our extensions follows from nothing but itself', () => {
    const { value, headers } = sample('account.updated.1.json');
    const foreign = Object.fromEntries(
      Object.entries(headers).filter(([name]) => !/ce_(actor|causationid|correlationid)/.test(name)),
    );
    const { id, actor, causationId, correlationId } = readEvent('account.updated', value, {
      ...foreign,
      ce_source: '/platform/accounts',
    });
    expect({ actor, causationId, correlationId }).toEqual({
      actor: 'platform:/platform/accounts',
      causationId: id,
      correlationId: id,
    });
  });
});

describe('change', () => {
  test.each(eventTypes)('EVT-4 %s changed only as recorded', (type) => {
    const { 'x-version': version, ...before } = recorded(type);
    const now = recordedForm(type);
    expect(now['$id']).toBe(`urn:accord:schema:${type}:${String(version)}`);
    const problems = incompatibilities(before, now);
    if (problems.length > 0)
      throw new Error(`${type} changed incompatibly; make a new type instead:\n${problems.join('\n')}`);
    if (JSON.stringify(before) !== JSON.stringify(now)) throw new Error(`${type} changed: ${howToRecord}`);
  });

  test('EVT-2 EVT-4 the schema of every version that was ever published is answered, and no other', () => {
    for (const type of eventTypes) {
      const newest = Number(recorded(type)['x-version']);
      for (let version = 1; version <= newest; version += 1)
        expect(JSON.parse(schemaText(type, String(version))!)).toMatchObject({ 'x-version': version });
      for (const none of [String(newest + 1), '0', '01', '1.0', ''])
        expect(schemaText(type, none)).toBeUndefined();
    }
    expect(schemaText('earlier/payment.unapplied.1', '1')).toBeUndefined();
  });

  test('EVT-4 no recorded type is gone', () => {
    const files = readdirSync(new URL('recorded', folder))
      .filter((file) => file !== 'earlier')
      .map((file) => file.replace('.schema.json', ''));
    expect(files.sort()).toEqual([...eventTypes].sort());
  });

  const id = { type: 'string' };
  const kind = { type: 'string', enum: ['a', 'b'] };
  const list = { items: { type: 'string' } };
  const form = (over: object) => ({
    'x-topic': 't',
    'x-key': '/id',
    type: 'object',
    required: ['id'],
    ...over,
  });
  const before = form({ properties: { id, kind, list } });

  test.each([
    ['a removed field', form({ properties: { id, list } }), '/kind was removed'],
    [
      'a new required field',
      form({ properties: { id, kind, list, more: {} }, required: ['id', 'more'] }),
      '/more is new and required',
    ],
    [
      'a field that became optional',
      form({ properties: { id, kind, list }, required: [] }),
      '/id became optional',
    ],
    [
      'a field that became required',
      form({ properties: { id, kind, list }, required: ['id', 'kind'] }),
      '/kind became required',
    ],
    [
      'a narrowed enum',
      form({ properties: { id, kind: { ...kind, enum: ['a'] }, list } }),
      '/kind/enum was ["a","b"] and is ["a"]',
    ],
    [
      'a value old readers refuse',
      form({ properties: { id, kind: { ...kind, enum: ['b', 'a', 'c'] }, list } }),
      '/kind/enum was',
    ],
    [
      'another type',
      form({ properties: { id: { type: 'integer' }, kind, list } }),
      '/id/type was "string" and is "integer"',
    ],
    [
      'another type in a list',
      form({ properties: { id, kind, list: { items: { type: 'number' } } } }),
      '/list/items/type was',
    ],
    [
      'a new limit',
      form({ properties: { id: { ...id, maxLength: 5 }, kind, list } }),
      '/id/maxLength was absent and is 5',
    ],
    ['another topic', { ...before, 'x-topic': 'u' }, '/x-topic was "t" and is "u"'],
    ['another key', { ...before, 'x-key': '/kind' }, '/x-key was "/id" and is "/kind"'],
  ])('EVT-4 %s is incompatible', (_name, now, why) => {
    expect(incompatibilities(before, now)).toEqual([expect.stringContaining(why)]);
  });

  test('EVT-4 a new optional field and other words are compatible', () => {
    const properties = { id, kind: { ...kind, enum: ['b', 'a'] }, list, more: { type: 'string' } };
    const now = form({ description: 'new words', properties });
    expect(incompatibilities(before, now)).toEqual([]);
  });
});

describe('what an account may be told as', () => {
  const reasonAgainst = (email: string) => {
    const contact = { contactId: 'c1', name: 'A', phone: null, locale: 'en', timeZone: 'UTC', classes: [] };
    const told = AccountTelling.safeParse({ accountId: 'a', version: 1, contacts: [{ ...contact, email }] });
    return told.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  };
  const part = (letter: string, length: number) => letter.repeat(length);

  test.each([
    'a@b.co',
    'first.last+tag@sub.example.com',
    "o'brien@x-y.com",
    '张三@例子.公司',
    'a@xn--fsqu00a.xn--55qx5d',
    `${part('x', 64)}@${part('b', 63)}.cd`,
  ])('EVT-14 a contact has the e-mail address %s', (email) => {
    expect(reasonAgainst(email)).toBeUndefined();
  });

  test.each([
    ...['', 'a', '@b.cd', 'a@', 'a@b', 'a@b@c.de', '.a@b.cd', 'a.@b.cd', 'a..b@c.de', 'a@b..cd', 'a@-b.cd'],
    ...['a@b-.cd', 'a@.b.cd', 'a@b.cd.', 'a@1.2.3.4', 'a@[1.2.3.4]', '"a b"@c.de', 'a b@c.de', ' a@b.cd'],
    ...['a@b.cd ', 'a@b.cd\r\nBcc: c@d.ef', 'a@b.cd\n', 'a\u0000@b.cd', 'a\u007f@b.cd', 'a\u200b@b.cd'],
    ...[
      'a\u202e@b.cd',
      'a@b.cd\u2028',
      'A <a@b.cd>',
      '<a@b.cd>',
      'a@b.cd,c@d.ef',
      'a@b.cd;',
      'mailto:a@b.cd',
    ],
    ...[`${part('x', 65)}@b.cd`, `a@${part('b', 64)}.cd`, `a@${`${part('b', 60)}.`.repeat(5)}cd`],
  ])('EVT-14 a contact does not have the e-mail address %j', (email) => {
    expect(reasonAgainst(email)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^contacts\.0\.email (is an e-mail address|Too big)/)]),
    );
  });
});

describe('size', () => {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const { order } = sample('order.fulfilled.1.json').value as { order: { orderId: string } };
  const { resource } = sample('resource.changed.1.json').value as { resource: { instanceId: string } };
  const { holder, accountId } = sample('order.reserved.1.json').value as {
    holder: object;
    accountId: string;
  };
  const orders = (n: number) =>
    Array.from({ length: n }, (_, i) => ({
      ...order,
      orderId: order.orderId.slice(0, -3) + String(i).padStart(3, '0'),
    }));

  test('EVT-5 order.reserved of a contract with 500 paid orders stays under 900 KB', () => {
    const reserved = { holder, accountId, orders: orders(500), resources: [] };
    expect(parseFact('order.reserved', reserved).data).toEqual(reserved);
    expect(bytes(reserved)).toBeLessThan(900_000);
  });

  test('EVT-5 an event fits up to 870 000 bytes, however many characters they are', () => {
    const text = (length: number) => '合'.repeat(length / 3);
    expect(fitsEvent(text(869_997))).toBe(true);
    expect(fitsEvent(text(869_997), 1)).toBe(true);
    expect(fitsEvent(text(869_997), 2)).toBe(false);
    expect(fitsEvent(text(870_000))).toBe(false);
  });

  test('EVT-5 order.reserved of a refund of 10 instances with 30 orders each stays under 900 KB', () => {
    const resources = Array.from({ length: 10 }, () => ({
      ...resource,
      orderIds: orders(30).map((one) => one.orderId),
    }));
    expect(bytes({ holder, accountId, orders: orders(300), resources })).toBeLessThan(900_000);
  });
});

describe('nouns', () => {
  test('events about a noun are those whose definition names it, at run time and by type', () => {
    expect(eventTypesAbout('refund')).toEqual(eventTypes.filter((type) => type.startsWith('refund.')));
    expect(eventTypesAbout('reservation')).toEqual(['order.reserved', 'order.reservation_refused']);
    expect(eventTypesAbout('order')).not.toContain('order.reserved');

    const about = { 'ticket.submitted': 1, 'ticket.approved': 1, 'ticket.rejected': 1 };
    // @ts-expect-error a table over a noun's events that leaves one out does not compile
    const partial: { [T in EventAbout<'ticket'>]: number } = about;
    const whole: { [T in EventAbout<'ticket'>]: number } = { ...about, 'ticket.withdrawn': 1 };
    expect(Object.keys(whole)).toEqual(eventTypesAbout('ticket'));
    expect(partial).toBe(about);
  });
});

describe('topics', () => {
  test('EVT-1 every type has a topic of its name that never expires, and knows its key', () => {
    expect(Object.keys(topicSettings)).toEqual(eventTypes);
    for (const type of eventTypes) {
      expect(type).toMatch(/^[a-z]+\.[a-z_]+$/);
      expect(topicSettings[type]).toEqual({ partitions: 4, retention: 'forever' });
      const { value, key } = sample(`${type}.1.json`);
      expect(subjectOf({ type, data: value } as Event).id).toBe(key);
    }
  });

  test('a service’s dead letters have a topic of their own', () => {
    expect(deadLetterTopic('order')).toBe('order.dead_letter');
  });
});

describe('AsyncAPI', () => {
  const document = asyncApi();

  test('EVT-3 the document is made from the schemas in use', () => {
    const kept: unknown = read('asyncapi.json');
    if (JSON.stringify(kept) !== JSON.stringify(document))
      throw new Error(`asyncapi.json is stale: ${howToRecord}`);
    expect(Object.keys(document.channels)).toEqual(eventTypes);
  });

  test('EVT-4 it names the schemas of the versions that were recorded with it', () => {
    const { messages } = asyncApi({ 'order.paid': 9 }).components;
    expect(messages['order.paid']?.['x-dataschema']).toBe('urn:accord:schema:order.paid:9');
  });

  test('every reference in it leads somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(references.length).toBeGreaterThan(eventTypes.length);
    for (const path of new Set(references)) {
      const target = path
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
      expect([path, typeof target]).toEqual([path, 'object']);
    }
  });
});
