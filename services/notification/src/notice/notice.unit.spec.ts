import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { eventTypes, parseFact, subjectOf, type Event, type EventType, type Fact } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { plainSpaces, segmentsOf } from '../sms/segments.ts';
import { notices, type Notice } from './notice.ts';
import { loadTemplates, type Addressee, type Message } from './template.ts';
import { noticeOf, visibleData, type VisibleData } from './told.ts';

const { provider } = loadProfile('alibaba');
const samples = new URL('../../../../libs/events/samples/', import.meta.url);
const folder = new URL('../../templates/', import.meta.url);

/** The recorded samples of every type. */
const recorded: Event[] = readdirSync(samples)
  .filter((name) => name.endsWith('.json'))
  .map((name) => {
    const { topic, headers, value } = JSON.parse(readFileSync(new URL(name, samples), 'utf8')) as {
      topic: EventType;
      headers: Record<string, string>;
      value: unknown;
    };
    const fact = parseFact(topic, value);
    const [id, correlationId, causationId] = [
      headers['ce_id']!,
      headers['ce_correlationid']!,
      headers['ce_causationid']!,
    ];
    return {
      ...fact,
      id,
      source: headers['ce_source']!,
      correlationId,
      causationId,
      time: new Date(headers['ce_time']!),
      actor: headers['ce_actor']!,
      subject: subjectOf(fact),
    };
  });
const sampleOf = <T extends EventType>(type: T) => recorded.find((event) => event.type === type) as Event<T>;

const reader = { locale: 'en', timeZone: 'Asia/Shanghai' } as const;
const to: Addressee = { ...reader, name: 'Chen <b>Xing</b>', accountId: 'acc_1' };
const templates = loadTemplates(folder, provider);
const messageOf = (type: EventType, data: VisibleData): Message => ({
  type,
  data,
  messageClass: 'orders',
  mandatory: false,
});
const mailOf = (type: EventType, data: VisibleData, reader: Addressee) =>
  templates.email(messageOf(type, data), reader);

describe('the table of notices', () => {
  test('NTF-1 every event type of the catalogue has an entry, and a sample', () => {
    expect(Object.keys(notices).sort()).toEqual([...eventTypes].sort());
    expect(new Set(recorded.map(({ type }) => type))).toEqual(new Set(eventTypes));
  });

  test('NTF-1 customers see the named fields and no others', () => {
    const event = sampleOf('contract.requested');
    expect(visibleData(event)).toEqual({
      contract: expect.not.objectContaining({ accountId: expect.anything() }) as unknown,
    });
    expect(visibleData(sampleOf('account.updated'))).toEqual({ account: { version: 5 } });
    expect(visibleData(sampleOf('product.published'))).toEqual({});
  });

  test(
    'NTF-4 what becomes of an official contract, ' +
      'a refund and an expiring order must be told; a voided draft need not',
    () => {
      const { type, data } = sampleOf('contract.voided');
      const voided = (finalizedAt: string | null) =>
        noticeOf({ type, data: { ...data, contract: { ...data.contract, finalizedAt } } });
      expect(voided('2026-01-12T06:40:05.000Z')).toMatchObject({
        mandatory: true,
        messageClass: 'contracts',
      });
      expect(voided(null)).toMatchObject({ mandatory: false });
      for (const type of [
        'order.expiring',
        'refund.succeeded',
        'refund.refused',
        'refund.rejected',
        'refund.withdrawn',
      ] as const) {
        expect(noticeOf(sampleOf(type) as Fact)).toMatchObject({ mandatory: true });
      }
    },
  );

  test('no message tells of a message', () => {
    for (const type of ['notification.sent', 'notification.dead'] as const)
      expect(noticeOf(sampleOf(type) as Fact)).toBeUndefined();
  });
});

describe('templates', () => {
  const told = recorded.filter(({ type }) => (notices[type] as Notice).tells !== 'nobody');
  const cases = told.flatMap((event) =>
    (['zh-CN', 'en'] as const).map((locale) => ({ type: event.type, locale, event })),
  );

  test.each(cases)('NTF-3 $type is told in $locale, inbox and e-mail alike', ({ event, locale }) => {
    const data = visibleData(event);
    const { title, text } = templates.inbox(event.type, data, { ...reader, locale });
    const mail = mailOf(event.type, data, { ...to, locale });
    expect(mail.subject).toBe(title);
    expect(mail.text).toContain(text);
    for (const said of [title, text, mail.text, mail.html])
      expect(said).not.toMatch(/undefined|\[object|NaN|\{\{|\{%|null/);
    expect(title.length).toBeGreaterThan(5);
    expect(text).toMatch(locale === 'en' ? /[.?!”]$/ : /[。！？”]$/);
    expect(mail.html).toContain(`<html lang="${locale}">`);
  });

  test('NTF-3 money and dates come in the language and time zone of the reader', () => {
    const { type, data } = sampleOf('order.expiring');
    const seen = { ...visibleData(sampleOf('order.expiring')), payBy: '2026-01-10T18:05:00.000Z' };
    const of = (locale: 'en' | 'zh-CN', timeZone: string) =>
      templates.inbox(type, seen, { locale, timeZone }).text;
    expect(of('en', 'Asia/Shanghai')).toMatch(/January 11, 2026 at 02:05\sAM GMT\+8/);
    expect(of('zh-CN', 'Asia/Shanghai')).toContain('2026年1月11日 GMT+8 02:05');
    expect(of('en', 'America/New_York')).toMatch(/January 10, 2026 at 01:05\sPM EST/);
    expect(of('en', 'Nowhere/Else')).toMatch(/January 10, 2026 at 06:05\sPM UTC/);
    expect(of('en', 'UTC')).toContain(
      `CN¥${Number(data.order.payableAmount.amount).toLocaleString('en', { minimumFractionDigits: 2 })}`,
    );
  });

  test('NTF-3 what a person wrote is escaped in HTML and cannot break out of a title', () => {
    const { type } = sampleOf('ticket.rejected');
    const seen = { ...visibleData(sampleOf('ticket.rejected')), text: '<script>alert(1)</script>\n\n"&' };
    const mail = mailOf(type, seen, to);
    expect(mail.html).not.toMatch(/<script|<b>/);
    expect(mail.html).toContain('&lt;script&gt;');
    expect(mail.html).toContain('Chen &lt;b&gt;Xing&lt;/b&gt;');
    expect(mail.text).toContain('<script>alert(1)</script>');
    const ticket = {
      ...sampleOf('ticket.rejected').data.ticket,
      contractNumber: 'CT-1\r\nBcc: all@example.com',
    };
    expect(mailOf(type, { ...seen, ticket }, to).subject).not.toMatch(/[\r\n]/);
  });

  const amountless = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(amountless);
    if (value === null || typeof value !== 'object') return value;
    if ('amount' in value && typeof value.amount === 'string') return { ...value, amount: '0.00' };
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, amountless(inner)]));
  };

  const bySms = cases.filter(({ type }) => noticeOf(sampleOf(type) as Fact)!.channels.includes('sms'));

  test.each(bySms)('NTF-2 NTF-16 $type in $locale by SMS: short, signed, for people', ({ event, locale }) => {
    const { name } = provider[locale];
    const forms = [event.data, amountless(event.data)] as Event['data'][];
    for (const data of forms) {
      const seen = visibleData({ ...event, data } as Event);
      const text = plainSpaces(templates.sms({ type: event.type, data: seen }, { ...reader, locale }));
      expect(text.startsWith(locale === 'en' ? `${name}: ` : `【${name}】`)).toBe(true);
      expect(text).toMatch(locale === 'en' ? /\.$/ : /。$/);
      expect(text).not.toMatch(/undefined|\[object|NaN|\{|\}|null|\n|\b0\.00\b|\b(ctr|rfd|tkt)_|  /);
      const { encoding, segments } = segmentsOf(text);
      expect([encoding, segments <= 3]).toEqual([locale === 'en' ? 'gsm7' : 'ucs2', true]);
    }
  });

  test('NTF-2 an SMS about many orders names the first, and how many', () => {
    const event = sampleOf('refund.succeeded');
    const refund = { ...event.data.refund, orderIds: ['ord_1', 'ord_2', 'ord_3'] };
    const data = visibleData({ ...event, data: { ...event.data, refund } });
    const of = (locale: 'en' | 'zh-CN') => templates.sms({ type: event.type, data }, { ...reader, locale });
    expect([of('en'), of('zh-CN')]).toEqual([
      expect.stringContaining('for ord_1 and 2 more is complete'),
      expect.stringContaining('订单 ord_1 等 3 个'),
    ]);
  });

  test.each(['zh-CN', 'en'] as const)('NTF-4 NTF-16 several messages come as one mail in %s', (locale) => {
    const events = ['contract.drafted', 'order.fulfilled', 'ticket.rejected'] as const;
    const messages = events.map((type, i) => ({
      ...messageOf(type, visibleData(sampleOf(type))),
      messageClass: i === 1 ? ('orders' as const) : ('contracts' as const),
    }));
    const { from, subject, text, html } = templates.digest(messages, { ...to, locale });
    expect([from, subject]).toEqual([provider[locale].name, expect.stringMatching(/\b3\b|3/)]);
    for (const { type, data } of messages) {
      const { title, text: said } = templates.inbox(type, data, { ...reader, locale });
      expect(text).toContain(`** ${title}\n\n${said}`);
      expect(html).toContain(`>${title}</h2>`);
    }
    expect(text).toContain(locale === 'en' ? 'for contracts, orders.' : '合同、订单消息联系人');
    expect(text.match(new RegExp(`${provider[locale].consoleUrl}`, 'g'))).toHaveLength(4);
    expect(html).not.toContain('<b>Xing');
    for (const said of [text, html]) expect(said).not.toMatch(/undefined|\[object|NaN|\{\{|\{%|null/);
  });

  test('NTF-4 a mail says whether messages like it can be switched off, and where', () => {
    const { type, data } = sampleOf('order.expiring');
    const of = (mandatory: boolean) =>
      templates.email({ ...messageOf(type, visibleData({ ...sampleOf(type), data })), mandatory }, to).text;
    expect(of(false)).toContain(`Choose which messages you get, and when: ${provider.en.consoleUrl}`);
    expect(of(true)).toContain('is always sent');
    expect(of(true)).not.toContain('Choose which');
  });

  const written = ['partyA', 'zh-CN', 'en', 'carrier', 'text'];
  /** Every text that somebody wrote ends in a full stop. */
  const stopped = (value: unknown, name = ''): unknown => {
    if (typeof value === 'string') return written.includes(name) ? `${value} Ltd.` : value;
    if (Array.isArray(value)) return value.map((one) => stopped(one));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, stopped(inner, field)]));
  };

  test.each(cases)(
    'NTF-16 $type in $locale is from the provider, leads to its page, and says nothing that is for machines',
    ({ event: { type, data }, event, locale }) => {
      const seen = visibleData(event);
      const { from, subject, text, html } = mailOf(type, seen, { ...to, locale });
      const { name, consoleUrl, support } = provider[locale === 'en' ? 'en' : 'zh-CN'];
      expect([from, text]).toEqual([name, expect.stringContaining(name)]);
      expect(text).toContain(support);
      const about = (['contract', 'refund', 'ticket', 'order'] as const).find((noun) => noun in data);
      const id = about && (data as unknown as Record<string, Record<string, string>>)[about]![`${about}Id`]!;
      const url = `${consoleUrl}${id ? `/${about!}s/${id}` : ''}`;
      expect(text).toContain(url);
      expect(html).toContain(`<a href="${url}`);
      const said = `${subject}\n${text.replaceAll(/https:\S+/g, '')}`;
      expect(said).not.toMatch(
        /\b(ctr|rfd|tkt)_|[{}]|\/v1|\b0\.00\b|\b(GET|POST|PUT|DELETE) |_[a-z]+ contacts/,
      );
      const ending = mailOf(type, stopped(seen) as typeof seen, { ...to, locale });
      for (const one of [ending.subject, ending.text]) expect(one).not.toMatch(/\.\.|\.。|。。|\.，/);
    },
  );

  test.each([
    ['order.paid', { cashPaid: '45.00', voucherPaid: '0.00' }, /It was paid on/],
    ['order.paid', { cashPaid: '0.00', voucherPaid: '45.00' }, /It was paid with vouchers on/],
    [
      'order.paid',
      { cashPaid: '40.00', voucherPaid: '5.00' },
      /CN¥40\.00 was paid in cash and CN¥5\.00 with/,
    ],
    ['order.fulfilment_failed', { payableAmount: '0.00' }, /has ended\.\n\nYou need not do anything\.\n/],
  ] as const)('NTF-16 %s of %j says nothing of nothing', (type, amounts, said) => {
    const event = sampleOf(type);
    const exact = Object.fromEntries(
      Object.entries(amounts).map(([name, amount]) => [name, { amount, currency: 'CNY' }]),
    );
    const data = { ...event.data, order: { ...event.data.order, ...exact } };
    const { text } = mailOf(type, visibleData({ ...event, data } as Event), to);
    expect(text).toMatch(said);
    expect(text).not.toMatch(/¥0\.00/);
  });

  test.each(cases)('NTF-16 $type in $locale says nothing of amounts that are zero', ({ event, locale }) => {
    const data = visibleData({ ...event, data: amountless(event.data) } as Event);
    const { subject, text } = mailOf(event.type, data, { ...to, locale });
    const inbox = templates.inbox(event.type, data, { ...reader, locale });
    for (const said of [subject, text, inbox.title, inbox.text]) {
      expect(said).not.toMatch(/\b0\.00\b|null/);
      expect(said).not.toMatch(/ of (was|is|for|could)\b|金额 [，。）]/);
    }
  });

  test.each([
    ['approved', 'Your refund of CN¥10.00 in vouchers was approved', '您的退款 代金券 ¥10.00 已通过'],
    [
      'review_required',
      'Your refund of CN¥10.00 in vouchers is being reviewed',
      '您的退款 代金券 ¥10.00 正在人工审核',
    ],
    ['failed', 'Your refund of CN¥10.00 in vouchers is delayed', '您的退款 代金券 ¥10.00 延迟'],
    ['rejected', 'Your refund of CN¥10.00 in vouchers was rejected', '您的退款 代金券 ¥10.00 被拒绝'],
    ['withdrawn', 'Your refund of CN¥10.00 in vouchers was withdrawn', '您的退款 代金券 ¥10.00 已撤回'],
    ['requested', 'A refund of CN¥10.00 in vouchers was requested', '退款 代金券 ¥10.00 已申请'],
  ] as const)('NTF-16 refund.%s names vouchers, with money and without', (what, en, zh) => {
    const event = sampleOf(`refund.${what}`);
    const [none, ten] = ['0.00', '10.00'].map((amount) => ({ amount, currency: 'CNY' })) as [object, object];
    const said = (cash: object, locale: 'en' | 'zh-CN') => {
      const split = { cash, giftCredit: none, storedCard: none, voucher: ten };
      const data = { ...event.data, refund: { ...event.data.refund, amount: cash, split } };
      return templates.inbox(event.type, visibleData({ ...event, data } as Event), { ...reader, locale });
    };
    expect([said(none, 'en').title, said(none, 'zh-CN').title]).toEqual([en, zh]);
    expect(said(none, 'en').text).toContain('CN¥10.00 in vouchers');
    expect(said(ten, 'en').title).toContain('CN¥10.00 and CN¥10.00 in vouchers');
    expect(said(ten, 'zh-CN').text).toContain('¥10.00 和代金券 ¥10.00');
  });

  test('NTF-16 a refund says where the money is, by its kinds; a cancellation and a voiding why', () => {
    const refunded = sampleOf('refund.succeeded');
    const { text } = mailOf(refunded.type, visibleData(refunded), to);
    expect(text).toMatch(/CN¥34\.84 is in your account balance now/);
    expect(text).toMatch(/as: cash CN¥23\.23, gift credit CN¥11\.61\.\n/);
    const cancelled = sampleOf('order.cancelled');
    const told = (reason: string, why: string | null, releasedInstanceId?: string) =>
      templates.inbox(
        cancelled.type,
        visibleData({
          ...cancelled,
          data: { ...cancelled.data, reason, text: why, releasedInstanceId },
        } as Event),
        reader,
      ).text;
    expect(told('by_operator', 'Ordered twice.')).toMatch(/by our staff\.\n\n.*“Ordered twice\.”$/);
    expect(told('by_operator', null, 'i-1')).toMatch(/because instance i-1 was released before .* paid\.$/);
    expect(told('expired', null)).toMatch(/not paid in time\.$/);
    const voided = sampleOf('contract.voided');
    const ended = (number: string | null) => {
      const contract = { ...voided.data.contract, number, finalizedAt: null };
      const data = { ...voided.data, contract, reason: 'other', text: 'No budget.', orderId: null };
      return mailOf(voided.type, visibleData({ ...voided, data } as Event), to);
    };
    expect(ended('CT-2026-00000001').text).toMatch(/CT-2026-00000001 was voided\.\n\n.*“No budget\.”\n/);
    expect(ended(null)).toMatchObject({ subject: 'Your contract application was ended' });
    expect(ended(null).text).not.toMatch(/null|downloaded/);
  });

  test('NTF-16 CTR-24 reasons of ours stand as words in the language of the reader', () => {
    const told = (
      type: 'ticket.withdrawn' | 'contract.seal_failed',
      change: object,
      locale: 'en' | 'zh-CN',
    ) => {
      const event = sampleOf(type);
      const data = visibleData({ ...event, data: { ...event.data, ...change } } as Event);
      return templates.inbox(type, data, { ...reader, locale }).text;
    };
    expect(told('ticket.withdrawn', { text: 'contract_ended' }, 'en')).toContain('“The contract has ended.”');
    expect(told('ticket.withdrawn', { text: 'contract_ended' }, 'zh-CN')).toContain('“合同已终止。”');
    expect(told('ticket.withdrawn', { text: 'Not yet.' }, 'zh-CN')).toContain('“Not yet.”');
    expect(told('contract.seal_failed', { reason: 'order_paid' }, 'en')).toContain(
      'apply for an order contract',
    );
    expect(told('contract.seal_failed', { reason: 'signing_failed' }, 'zh-CN')).toContain(
      '请再次申请正式合同',
    );
  });

  test('NTF-16 a refusal of a refund says each reason as close as it is known, and the number of the contract', () => {
    const { type, data } = sampleOf('refund.refused');
    const about = { instanceId: null, orderId: 'ord_1' };
    const facts = [
      ['CONTRACT_LINKED', { contractId: 'ctr_1', number: 'CT-2026-00000007' }],
      ['INSTANCE_NOT_FOUND', { givenBackBy: 'rfd_1' }],
      ['TRADE_IN_PROGRESS', { refundId: 'rfd_1' }],
      ['FROZEN', { frozenBy: 'police' }],
      ['PRODUCT_NOT_SUPPORTED', { orderOfUnclearPeriod: 'ord_1' }],
      ['CONTRACT_LINKED', undefined],
    ] as const;
    const refusals = facts.map(([code, facts]) => ({ ...about, code, ...(facts && { facts }) }));
    const event = { ...sampleOf('refund.refused'), data: { ...data, refusals } } as Event;
    const text = (locale: 'en' | 'zh-CN') =>
      templates.inbox(type, visibleData(event), { ...reader, locale }).text;
    expect(text('en')).toContain(
      'The reasons: ord_1: it is in contract CT-2026-00000007, which has to be voided first; ' +
        'ord_1: the instance was given back before; ord_1: another refund of the instance is running; ' +
        'ord_1: the instance is frozen (police); ' +
        'ord_1: it is not known from when to when the order pays for the instance; ' +
        'ord_1: it is in a contract, which has to be voided first.',
    );
    expect(text('zh-CN')).toContain('ord_1：订单在有效合同 CT-2026-00000007 中，请先作废该合同；');
    expect(text('en') + text('zh-CN')).not.toMatch(/(ctr|rfd)_/);
  });

  test('NTF-16 a payment request says until when it can be paid now, as long as an older event does not know', () => {
    for (const type of ['contract.drafted', 'contract.finalized'] as const) {
      const event = sampleOf(type);
      const about = (payBy: string | null | undefined) => {
        const contract = { ...event.data.contract, kind: 'payment_request' };
        const data = { ...event.data, contract, payBy };
        return templates.inbox(type, visibleData({ ...event, data } as Event), reader).text;
      };
      expect(about('2026-02-10T06:00:00.000Z')).toMatch(/pay them by February 10, 2026 at 02:00\sPM GMT\+8/);
      for (const unknown of [null, undefined]) expect(about(unknown)).not.toMatch(/pay them by|—/);
    }
  });

  test('CTR-11 CTR-16 a change of a draft says what changed: its amount, its address, or nothing', () => {
    const event = sampleOf('contract.changed');
    const told = (what: string[], locale: 'en' | 'zh-CN') => {
      const data = visibleData({ ...event, data: { ...event.data, what } } as Event);
      const { title, text } = templates.inbox(event.type, data, { ...reader, locale });
      return `${title}: ${text}`;
    };
    expect(told(['amount'], 'en')).toMatch(/another amount.*came back/s);
    expect(told(['address'], 'en')).toMatch(/another address.*of your address book/s);
    expect(told(['address'], 'zh-CN')).toMatch(/地址已变更.*地址簿/s);
    expect(told(['restated'], 'en')).toMatch(/nothing for you to do/);
    for (const text of [told(['address'], 'en'), told(['restated'], 'en')])
      expect(text).not.toMatch(/came back|CN¥/);
  });

  test('CTR-28 a contract that ended with its order says so and names the orders that are free again', () => {
    const { type, data } = sampleOf('contract.voided');
    const contract = { ...data.contract, orderIds: ['ord_1', 'ord_2', 'ord_3'] };
    const voided = (reason: string, orderId: string | null) =>
      templates.inbox(
        type,
        visibleData({
          ...sampleOf('contract.voided'),
          data: { ...data, contract, reason, orderId },
        } as Event),
        reader,
      ).text;
    expect(voided('order_cancelled', 'ord_2')).toMatch(
      /its order ord_2 was cancelled[^]*other orders are free again[^]*: ord_1, ord_3\./,
    );
    expect(voided('order_voided', 'ord_1')).toMatch(/its order ord_1 has ended[^]*: ord_2, ord_3\./);
    expect(voided('wrong_party_name', null)).toMatch(
      /the name of a party was wrong[^]*Its orders are free again[^]*: ord_1, ord_2, ord_3\./,
    );
  });

  test('NTF-2 ORD-20 a message about an unpaid domain order warns that somebody else may register the name', () => {
    for (const type of ['order.placed', 'order.expiring'] as const) {
      const event = sampleOf(type);
      const about = (productForm: string, status: string) => {
        const order = { ...event.data.order, productForm, status };
        const data = visibleData({ ...event, data: { ...event.data, order } } as Event);
        return (['en', 'zh-CN'] as const).map((locale) => [
          templates.inbox(type, data, { ...reader, locale }).text,
          mailOf(type, data, { ...to, locale }).text,
        ]);
      };
      const [en, zh] = about('domain', 'unpaid');
      for (const said of en!) expect(said).toContain('Somebody else may register it');
      for (const said of zh!) expect(said).toContain('随时可能被他人注册');
      for (const said of [about('domain', 'paid'), about('instance', 'unpaid')].flat(2))
        expect(said).not.toMatch(/Somebody else|他人注册/);
    }
  });

  test(
    'NTF-2 a message about a payment request warns that an unpaid ' +
      'domain name may be registered by somebody else, over every channel',
    () => {
      for (const type of ['contract.drafted', 'contract.finalized'] as const) {
        const event = sampleOf(type);
        const about = (kind: string, locale: 'en' | 'zh-CN') => {
          const data = visibleData({
            ...event,
            data: { ...event.data, contract: { ...event.data.contract, kind } },
          } as Event);
          const { text, html } = mailOf(type, data, { ...to, locale });
          return [templates.inbox(type, data, { ...reader, locale }).text, text, html];
        };
        for (const said of about('payment_request', 'en'))
          expect(said).toContain('until it is paid, somebody else may register that name');
        for (const said of about('payment_request', 'zh-CN'))
          expect(said).toContain('域名在付款成功之前不会保留，可能被他人注册');
        for (const said of [...about('order', 'en'), ...about('order', 'zh-CN')])
          expect(said).not.toMatch(/somebody else|他人注册/);
      }
    },
  );

  test.each([
    ['a locale is missing', (at: string) => rmSync(`${at}/order.paid/en.liquid`), /order\.paid\/en.*ENOENT/],
    [
      'a part is missing',
      (at: string) => writeFileSync(`${at}/order.paid/en.liquid`, 'Title\n---\nText.'),
      /has 2 parts, needs 3/,
    ],
    [
      'a variable does not exist',
      (at: string) => writeFileSync(`${at}/order.paid/en.liquid`, '{{ order.colour }}\n---\na\n---\nb'),
      /order\.colour is not a visible field/,
    ],
    [
      'a variable is not visible',
      (at: string) => writeFileSync(`${at}/order.paid/en.liquid`, '{{ order.operatorId }}\n---\na\n---\nb'),
      /order\.operatorId is not/,
    ],
    [
      'a variable lies beyond a field',
      (at: string) => writeFileSync(`${at}/order.paid/en.liquid`, '{{ order.cashPaid.sum }}\n---\na\n---\nb'),
      /order\.cashPaid\.sum is not/,
    ],
    [
      'a filter does not exist',
      (at: string) =>
        writeFileSync(`${at}/order.paid/en.liquid`, '{{ order.orderId | shout }}\n---\na\n---\nb'),
      /undefined filter: shout/,
    ],
    [
      'a value would go out as it is',
      (at: string) =>
        writeFileSync(`${at}/order.paid/en.liquid`, '{{ order.orderId | raw }}\n---\na\n---\nb'),
      /raw output/,
    ],
    [
      'a template belongs to no event',
      (at: string) => cpSync(`${at}/order.paid`, `${at}/order.painted`, { recursive: true }),
      /order\.painted: nobody is told/,
    ],
  ])('NTF-3 it does not start where %s', (_, spoil, message) => {
    const at = mkdtempSync(`${tmpdir()}/templates-`);
    cpSync(folder, at, { recursive: true });
    spoil(at);
    expect(() => loadTemplates(pathToFileURL(`${at}/`), provider)).toThrow(message);
    rmSync(at, { recursive: true });
  });
});
