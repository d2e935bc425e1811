import { hash, KeyObject, randomUUID, sign as signBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { z } from 'zod';
import { expectVersion, Refusal, type Database, type Tx } from '@accord/core';
import { makeLog, makeMetrics } from '@accord/core/observability';
import { readEvent } from '@accord/events';
import { GivenDayText, GivenMomentText } from '@accord/events/given-time';
import { accountOf, callerOf, listedAccountOf, tokenVerifier } from './auth.ts';
import { keyedRequest } from './idempotency.ts';
import { parseIfMatch } from './if-match.ts';
import { localeOf } from './locale.ts';
import { encodeCursor, IdPlace, pageRange } from './paging.ts';
import { waitOf } from './prefer-wait.ts';
import { wordsOf, type Problem } from './problem.ts';
import { contentDisposition } from './reply.ts';
import { route, type Route } from './route.ts';
import { httpApp } from './server/app.ts';
import { callerAddress, networksOf } from './server/client-address.ts';
import { rateLimits } from './server/rate-limit.ts';
import { routerOf } from './server/router.ts';
import { listen } from './server/server.ts';
import { parserOf } from './validation.ts';

/** Every one but surrogates; `unit: 'binary'` lists the million of them in a map. */
const codePoint = fc.oneof(fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }));
/** Of all code points; or plain, names of JavaScript's own among them. */
const anyText = fc.oneof(
  fc.array(codePoint, { minLength: 1, maxLength: 300 }).map((points) => String.fromCodePoint(...points)),
  fc.string({ minLength: 1, maxLength: 300 }),
);
const failing = async (work: () => unknown): Promise<{ status?: number; code?: string }> => {
  try {
    await work();
  } catch (error) {
    return error as { status?: number; code?: string };
  }
  throw new Error('nothing was thrown');
};

/** Does `work` as if it were `ms` later. */
async function later(ms: number, work: () => Promise<void>): Promise<void> {
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(at: number | string = RealDate.now() + ms) {
      super(at);
    }
    static override now = () => RealDate.now() + ms;
  } as DateConstructor;
  try {
    await work();
  } finally {
    globalThis.Date = RealDate;
  }
}

test('API-16 the best weighted language that is spoken here is answered, else English', () => {
  const answers = [
    '',
    'zh',
    'zh-TW,en;q=0.5',
    'en;q=0.4, zh-CN;q=0.9',
    'fr, de',
    'zh;q=0, en',
    'en-GB',
    '*',
    ';;q=,',
  ].map(localeOf);
  expect([localeOf(undefined), ...answers]).toEqual([
    'en',
    'en',
    'zh-CN',
    'zh-CN',
    'zh-CN',
    'en',
    'en',
    'en',
    'en',
    'en',
  ]);
});

test('API-16 `*` is any language that is not named, and a weight of 0 is none', () => {
  const chinese = [
    '*, en;q=0',
    'en;q=0, *',
    '*;q=0, zh',
    'en;q=0',
    'EN-GB; Q=0, *;q=0.1',
    '*;q=0.5, en;q=0.4',
  ];
  const english = [
    '*',
    '*, zh;q=0',
    'zh;q=0',
    'fr, *;q=0.1',
    'en;q=0.5, zh;q=0.5',
    '*;q=0',
    'en;q=0, zh;q=0',
  ];
  expect(chinese.map(localeOf)).toEqual(chinese.map(() => 'zh-CN'));
  expect(english.map(localeOf)).toEqual(english.map(() => 'en'));
});

test('API-7 a cursor gives back its values; anything else is refused', async () => {
  const values = ['2026-01-01T00:00:00.000Z', 'ord_1', '订单'];
  const cursor = encodeCursor(values);
  const Place = z.tuple([z.string(), z.string(), z.string()]);
  const placeOf = (of: string) => pageRange({ limit: 20, cursor: of }, Place).after;
  expect(placeOf(cursor)).toEqual(values);
  const wrong = [
    '',
    'x',
    cursor.slice(1),
    `${cursor}x`,
    cursor.replace(/.$/, 'A'),
    Buffer.from('["a","b","c"]').toString('base64url'),
  ];
  for (const bad of wrong.filter((one) => one !== cursor))
    expect(await failing(() => placeOf(bad))).toMatchObject({ code: 'request.bad_cursor' });
  expect(await failing(() => pageRange({ limit: 20, cursor }, IdPlace))).toMatchObject({
    code: 'request.bad_cursor',
  });
});

test('API-2 API-7 a cursor that somebody made is refused, whatever stands in it', async () => {
  const made = (json: string) =>
    hash('sha256', `accord cursor ${json}`, 'base64url').slice(0, 6) +
    Buffer.from(json).toString('base64url');
  const time = '2026-01-01T00:00:00.000Z';
  const read = (cursor: string) => pageRange({ limit: 20, cursor });
  expect(read(made(JSON.stringify([time, 'ord_1'])))).toEqual({ after: [time, 'ord_1'], limit: 21 });
  expect(pageRange({ limit: 20 })).toEqual({ after: undefined, limit: 21 });
  const wrong = [
    'nope',
    '"ab"',
    '{"length":2}',
    '[1,2]',
    '[[],{}]',
    `["${time}","\\u0000"]`,
    `["${time}","\\ud800"]`,
    '["infinity","a"]',
    '["2026-99-99T00:00:00.000Z","a"]',
  ];
  for (const bad of wrong)
    expect(await failing(() => read(made(bad)))).toMatchObject({ code: 'request.bad_cursor' });
});

test(
  'API-8 If-Match is read as a version; what is no tag is ' +
    'refused, a tag of someone else matches no version',
  async () => {
    expect(
      [undefined, '*', '"3"', 'W/"12"', '"abc"', '"0"', '"99999999999999999999"'].map(parseIfMatch),
    ).toEqual([undefined, [-1], [3], [12], [0], [0], [0]]);
    expect(['"3", "4"', '"3",W/"4" ,, "a,b",', ' * '].map(parseIfMatch)).toEqual([[3, 4], [3, 4, 0], [-1]]);
    const spaces = ' '.repeat(16_000);
    for (const bad of ['3', '"3', '"3" "4"', '"3", *', '*, "3"', ',', '', spaces, `${spaces}x`])
      expect(await failing(() => parseIfMatch(bad))).toMatchObject({ status: 400 });
    expect(() => expectVersion(undefined, 5)).not.toThrow();
    for (const tag of ['"5"', '*', '"4", "5"', '"x", "5"'])
      expect(() => expectVersion(parseIfMatch(tag), 5)).not.toThrow();
    for (const tag of ['"5"', '"0"', '"x"', '*', '"5", "6"'])
      expect(await failing(() => expectVersion(parseIfMatch(tag), undefined))).toMatchObject({
        code: 'request.version_mismatch',
      });
    expect(await failing(() => expectVersion([4], 5))).toMatchObject({
      kind: 'precondition',
      code: 'request.version_mismatch',
      facts: { expected: 4, actual: 5 },
    });
    expect(await failing(() => expectVersion([4, 6], 5))).toMatchObject({ facts: { expected: [4, 6] } });
  },
);

test('API-2 API-16 what is wrong is said in the language of the caller, with what would be right', async () => {
  const term = z.discriminatedUnion('unit', [
    z.object({ unit: z.literal('month') }),
    z.object({ unit: z.literal('year') }),
  ]);
  const once = z.array(z.string()).refine((ids) => new Set(ids).size === ids.length, {
    message: 'names each once',
    params: { 'zh-CN': '每个只能出现一次' },
  });
  const from = z.union([z.iso.datetime(), z.iso.date()]);
  const saidOf = async (schema: z.ZodType, value: unknown) => {
    const said = (['en', 'zh-CN'] as const).map((locale) =>
      failing(() => parserOf(schema, 'body')(value, locale)),
    );
    return (await Promise.all(said)).map((problem) =>
      (problem as Problem).faults.map(({ pointer, detail }) => `${pointer} ${String(detail)}`),
    );
  };
  expect(await saidOf(z.object({ from }), { from: 'yesterday' })).toEqual([
    [
      '/from Invalid ISO datetime, for example 2026-01-31T09:00:00Z; or: Invalid ISO date, for example 2026-01-31',
    ],
    ['/from 无效ISO日期时间，例如 2026-01-31T09:00:00Z；或：无效ISO日期，例如 2026-01-31'],
  ]);
  const day = z.object({ day: GivenDayText });
  const moment = z.object({ moment: GivenMomentText });
  for (const early of ['1899-12-31', '0000-01-01', '2200-01-01', '9999-12-31'])
    expect(await saidOf(day, { day: early })).toEqual([
      ['/day Out of the years 1900 to 2199, for example 2026-01-31'],
      ['/day 超出 1900 至 2199 年的范围，例如 2026-01-31'],
    ]);
  expect((await saidOf(moment, { moment: '2200-01-01T00:00:00Z' }))[0]).toEqual([
    '/moment Out of the years 1900 to 2199, for example 2026-01-31T09:00:00Z',
  ]);
  for (const [schema, value] of [
    [day, { day: '2026-02-30' }],
    [moment, { moment: '2026-02-30T09:00:00Z' }],
    [moment, { moment: '2026-01-31T09:00:00' }],
  ] as const)
    expect((await saidOf(schema, value))[0]![0]).toMatch(/ No such day or time, or no offset, for example /);
  expect((await saidOf(moment, { moment: '2026-01-31' }))[0]![0]).toMatch(
    / Invalid ISO datetime, for example /,
  );
  expect(await saidOf(z.object({ term }), { term: { unit: 'day' } })).toEqual([
    ['/term/unit Invalid option: expected one of "month"|"year"'],
    ['/term/unit 无效选项：期望以下之一 "month"|"year"'],
  ]);
  expect(await saidOf(once, ['a', 'a'])).toEqual([[' names each once'], [' 每个只能出现一次']]);
});

test('API-14 Prefer is read among others and never exceeds 30 s', () => {
  expect(
    [
      'wait=5',
      'respond-async, wait=5',
      'wait="7"; x',
      'WAIT = 900',
      'wait=0',
      'wait=x',
      'waiting=5',
      undefined,
    ].map(waitOf),
  ).toEqual([5, 5, 7, 30, 0, undefined, undefined, undefined]);
});

test('literal segments go before parameters, whatever the order of the routes', () => {
  const routes = [
    'GET /v1/orders/{orderId}',
    'GET /v1/orders/export',
    'POST /v1/orders/{orderId}/cancel',
    'POST /v1/orders/batch/cancel',
    'PUT /v1/orders/export',
  ];
  const router = routerOf(
    routes.map((name) => ({ method: name.split(' ')[0]!, path: name.split(' ')[1]!, handler: name })),
  );
  expect(router.find('GET', '/v1/orders/export')).toEqual({ handler: routes[1], params: {} });
  expect(router.find('GET', '/v1/orders/%E8%AE%A2')).toEqual({
    handler: routes[0],
    params: { orderId: '订' },
  });
  expect(router.find('POST', '/v1/orders/batch/cancel')?.handler).toBe(routes[3]);
  expect(router.find('POST', '/v1/orders/export/cancel')?.params).toEqual({ orderId: 'export' });
  expect(
    [
      '/v1/orders/',
      '/v1/orders//cancel',
      '/v1/orders/a/',
      '/V1/orders/a',
      '/',
      '',
      '/v1/__proto__/constructor',
    ].map((path) => router.find('GET', path)),
  ).toEqual(Array(7).fill(undefined));
  expect(router.allowed('/v1/orders/export').sort()).toEqual(['GET', 'PUT']);
  expect([
    router.find('POST', '/v1/orders/batch/cancel')?.handler,
    router.allowed('/v1/orders/batch'),
  ]).toEqual([routes[3], ['GET']]);
  const hiding = routerOf([
    { method: 'POST', path: '/v1/orders/cancel', handler: 'a batch' },
    { method: 'GET', path: '/v1/orders/{orderId}', handler: 'one' },
  ]);
  expect([hiding.find('GET', '/v1/orders/cancel'), hiding.allowed('/v1/orders/cancel')]).toEqual([
    undefined,
    ['POST'],
  ]);
  expect(() => router.find('GET', '/v1/orders/%E0%A4%A')).toThrow(URIError);
});

test(
  'API-6 a key of another issuer, subject, account, method or ' +
    'path is another key; 255 characters are allowed',
  async () => {
    const ask = {
      key: 'k',
      issuer: 'i',
      actor: { kind: 'customer', id: 's', accountId: 'a' },
      method: 'POST',
      path: '/v1/x/{xId}',
      params: { xId: 'x_1' },
      query: {},
      body: Buffer.from('{}'),
    } as const;
    const others = [
      { ...ask, issuer: 'j' },
      { ...ask, actor: { ...ask.actor, id: 't' } },
      { ...ask, actor: { ...ask.actor, accountId: 'b' } },
      { ...ask, method: 'PUT' },
      { ...ask, path: '/v1/y/{xId}' },
      { ...ask, params: { xId: 'x_2' } },
      { ...ask, key: 'l' },
    ];
    const hashes = [ask, ...others].map((one) => keyedRequest(one).keyHash.toString('hex'));
    expect(new Set(hashes).size).toBe(8);
    const bodies = [ask, { ...ask, body: Buffer.from('{ }') }, { ...ask, query: { x: '1', y: '2' } }].map(
      (one) => keyedRequest(one),
    );
    expect(new Set(bodies.map(({ requestHash }) => requestHash.toString('hex'))).size).toBe(3);
    expect(new Set(bodies.map(({ keyHash }) => keyHash.toString('hex'))).size).toBe(1);
    expect(keyedRequest({ ...ask, query: { y: '2', x: '1' } })).toEqual(bodies[2]);
    expect(keyedRequest({ ...ask, key: 'k'.repeat(255) }).keyHash).toHaveLength(32);
    for (const key of ['', 'k'.repeat(256)])
      expect(await failing(() => keyedRequest({ ...ask, key }))).toMatchObject({
        status: 400,
        code: 'idempotency.key_invalid',
      });
  },
);

test('a file name survives every alphabet and cannot break out of its header', () => {
  expect(contentDisposition('CT-2026-00001234.pdf')).toBe(
    `attachment; filename="CT-2026-00001234.pdf"; filename*=UTF-8''CT-2026-00001234.pdf`,
  );
  expect(contentDisposition('a"\r\nX: 1 (合同)\ud800')).toBe(
    `attachment; filename="a___X: 1 (__)_"; filename*=UTF-8''a%22%0D%0AX%3A%201%20%28%E5%90%88%E5%90%8C%29%EF%BF%BD`,
  );
});

test('API-11 a caller is counted by the address behind the trusted proxies, whatever form it is written in', () => {
  const proxies = networksOf('10.0.0.0/8, 2001:db8:ffff::1,192.0.2.7 ');
  const from = (remoteAddress: string | undefined, ...told: string[]) =>
    callerAddress(
      { socket: { remoteAddress }, headers: { 'x-forwarded-for': told.join(', ') } } as never,
      proxies,
    );
  const cases: [string, string | undefined, ...string[]][] = [
    ['203.0.113.5', '203.0.113.5'],
    // Not trusted: nothing that it says counts, be it a neighbour or this machine.
    ['203.0.113.5', '203.0.113.5', '198.51.100.1'],
    ['192.168.0.9', '::ffff:192.168.0.9', '198.51.100.1'],
    ['127.0.0.1', '127.0.0.1', '198.51.100.1'],
    ['unknown', undefined, '198.51.100.1'],
    // The last that is no proxy; what stands before it may be made up.
    ['198.51.100.1', '10.0.0.1', '198.51.100.1'],
    ['198.51.100.1', '::ffff:10.0.0.1', '1.2.3.4', '198.51.100.1', '10.9.9.9:80'],
    ['198.51.100.1', '::ffff:a00:1', '1.2.3.4', '198.51.100.1', '[2001:DB8:FFFF:0::1]:443', '192.0.2.7'],
    // One caller, whatever port and form its address has.
    ['198.51.100.1', '10.0.0.1', '198.51.100.1:51234'],
    ['198.51.100.1', '10.0.0.1', '[::ffff:c633:6401]:51235'],
    ['2001:db8:0:1', '10.0.0.1', '[2001:DB8:0:1::5]:51236'],
    ['2001:db8:0:1', '10.0.0.1', '2001:0db8:0000:0001:5:6:7:8'],
    ['2001:db8:0:1', '10.0.0.1', '2001:db8:0:1::9%eth0'],
    ['2001:db8:0:0', '10.0.0.1', '2001:db8::1'],
    ['0:0:0:0', '::1'],
    // Unreadable: the proxy that passed it on stands for it.
    ...['unknown', '_hidden', '', ' ', '1.2.3', '0x7f.1', '1.2.3.4:x', '[2001:db8::1', 'localhost'].map(
      (text): [string, string, string] => ['10.0.0.1', '10.0.0.1', text],
    ),
    ['10.0.0.3', '10.0.0.1', '198.51.100.1', 'unknown', '10.0.0.3'],
    ['10.0.0.2', '10.0.0.1', '10.0.0.2'],
  ];
  expect(cases.map(([, ...ask]) => from(...ask))).toEqual(cases.map(([expected]) => expected));
});

test('API-11 Forwarded (RFC 7239) is not read: a trusted proxy passes on the one that its caller made up', () => {
  const headers = { forwarded: 'for=198.51.100.1', 'x-forwarded-for': '203.0.113.5' };
  const from = (sent: Partial<typeof headers>) =>
    callerAddress({ socket: { remoteAddress: '10.0.0.1' }, headers: sent } as never, networksOf('10.0.0.1'));
  expect([from(headers), from({ forwarded: headers.forwarded })]).toEqual(['203.0.113.5', '10.0.0.1']);
});

test('API-11 networks are read as they are written, and what is none is named', () => {
  expect([networksOf('').rules, networksOf(' , ').rules]).toEqual([[], []]);
  const v6 = networksOf('2001:db8::/32');
  expect([v6.check('2001:db8:5::1', 'ipv6'), v6.check('2001:db9::1', 'ipv6')]).toEqual([true, false]);
  for (const wrong of ['loopback', '10.0.0.0/33', '10.0.0.0/x', '10.0.0', '2001:db8::/129', '10.0.0.1:80'])
    expect(() => networksOf(`10.0.0.1, ${wrong}`)).toThrow(`${wrong} is no address`);
});

test('API-5 a customer acts for the own account alone; others name one', async () => {
  const customer = { kind: 'customer', id: 'u', accountId: 'acc_1' } as const;
  const operator = { kind: 'operator', id: 'o' } as const;
  expect([accountOf(customer), accountOf(customer, 'acc_1'), accountOf(operator, 'acc_2')]).toEqual([
    'acc_1',
    'acc_1',
    'acc_2',
  ]);
  expect(await failing(() => accountOf(customer, 'acc_2'))).toMatchObject({
    code: 'request.account_not_yours',
  });
  expect(await failing(() => accountOf(operator))).toMatchObject({ code: 'request.account_required' });
  expect([
    listedAccountOf(customer, undefined),
    listedAccountOf(operator, undefined),
    listedAccountOf(operator, 'acc_2'),
  ]).toEqual(['acc_1', undefined, 'acc_2']);
  expect(await failing(() => listedAccountOf(customer, 'acc_2'))).toMatchObject({
    code: 'request.account_not_yours',
  });
});

describe('tokens', () => {
  const audience = 'accord';
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  let published: object[];
  let asked = 0;
  let issuer: string;
  const jwks = createServer((_, res) => {
    asked += 1;
    res.end(JSON.stringify({ keys: published }));
  });
  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
    published = [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
    await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => jwks.close(resolve)));
  const sign = (
    claims: object,
    { header = {}, key = keys.privateKey as Parameters<SignJWT['sign']>[0] } = {},
  ) =>
    new SignJWT({
      sub: 'usr_1',
      iss: issuer,
      aud: audience,
      exp: Math.floor(Date.now() / 1_000) + 60,
      account_id: 'acc_1',
      scope: 'orders:read',
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'k1', ...header })
      .sign(key);
  const verifier = () => tokenVerifier({ issuer, audience, jwksUrl: `${issuer}/jwks` });

  test('API-4 a good token gives its caller; keys are asked for once', async () => {
    const verify = verifier();
    const before = asked;
    const token = await sign({});
    expect(await verify(token)).toEqual({
      actor: { kind: 'customer', id: 'usr_1', accountId: 'acc_1' },
      issuer,
      scopes: new Set(['orders:read']),
    });
    await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    await verify(await sign({ sub: 'usr_2' }, { header: { typ: 'at+jwt' } }));
    expect(asked - before).toBe(1);
  });

  test('API-4 issuer, audience, expiry, type, algorithm, signature and form are checked (RFC 8725)', async () => {
    const verify = verifier();
    const now = Math.floor(Date.now() / 1_000);
    const stranger = await generateKeyPair('ES256');
    const [head, body] = (await sign({})).split('.');
    const bad = await Promise.all([
      sign({ iss: 'https://elsewhere.example' }),
      sign({ aud: 'other' }),
      sign({ exp: now - 60 }),
      sign({ exp: undefined }),
      sign({ nbf: now + 600 }),
      sign({ sub: undefined }),
      sign({ sub: 'a\u0000b' }),
      sign({ account_id: `x' or 1=1` }),
      sign({ account_id: 17 }),
      sign({ scope: ['operator'] }),
      sign({}, { header: { typ: 'logout+jwt' } }),
      sign({}, { header: { typ: undefined } }),
      sign({}, { header: { kid: 'unknown' } }),
      sign({}, { key: stranger.privateKey }),
      sign({}, { header: { alg: 'HS256' }, key: Buffer.from(JSON.stringify(published[0])) }),
      Promise.resolve(`${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${body}.`),
      Promise.resolve(`${head}.${body}.AAAA`),
      Promise.resolve('a.b.c'),
    ]);
    for (const token of bad)
      expect(await failing(() => verify(token))).toMatchObject({ status: 401, code: 'auth.token_invalid' });
  });

  /** Signed by the issuer, whatever stands in it. */
  const signRaw = (header: object, claims: object) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const data = `${part({ alg: 'ES256', typ: 'JWT', kid: 'k1', ...header })}.${part(claims)}`;
    const key = KeyObject.from(keys.privateKey as never);
    const signature = signBytes('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' });
    return `${data}.${signature.toString('base64url')}`;
  };
  const goodClaims = () => ({
    sub: 'usr_1',
    iss: issuer,
    aud: audience,
    exp: Math.floor(Date.now() / 1_000) + 60,
    account_id: 'acc_1',
    scope: 'orders:read',
  });

  test('API-4 a claim or header of another type than its own is refused, and breaks nothing', async () => {
    const verify = verifier();
    expect((await verify(signRaw({}, goodClaims()))).actor.id).toBe('usr_1');
    const others = [17, 0, true, null, ['usr_1'], ['JWT'], { a: 1 }, [], 1e308];
    const bad = others.flatMap((value) => [
      ...['typ', 'alg', 'crit'].map((name) => signRaw({ [name]: value }, goodClaims())),
      ...['sub', 'iss', 'exp', 'nbf', 'iat', 'account_id', 'scope']
        .filter((name) => typeof value !== 'number' || !/exp|nbf|iat/.test(name))
        .map((name) => signRaw({}, { ...goodClaims(), [name]: value })),
    ]);
    bad.push(...[17, null, {}, [], [17]].map((aud) => signRaw({}, { ...goodClaims(), aud })));
    bad.push(signRaw({}, [goodClaims()]), signRaw({ kid: 17 }, goodClaims()));
    for (const token of bad)
      expect([token, await verify(token).catch((error: Problem) => error.status)]).toEqual([token, 401]);
  });

  test('API-4 a token lasts no longer than the setting allows, from its issue to its expiry', async () => {
    const verify = tokenVerifier({ issuer, audience, jwksUrl: `${issuer}/jwks`, lifetimeSeconds: 3_600 });
    const now = Math.floor(Date.now() / 1_000);
    const good = [{ iat: now, exp: now + 3_600 }, { iat: now - 3_000, exp: now + 600 }, { exp: now + 3_600 }];
    for (const claims of good) expect((await verify(await sign(claims))).actor.id).toBe('usr_1');
    const bad = [
      { iat: now, exp: now + 3_700 },
      { iat: now - 3_000, exp: now + 700 },
      { iat: 0, exp: now + 60 },
      { iat: -1e300, exp: now + 60 },
      { exp: now + 3_700 },
      { iat: now + 99_000_000, exp: now + 99_000_060 },
      { exp: 1e300 },
    ];
    for (const claims of bad)
      expect(await failing(() => sign(claims).then(verify))).toMatchObject({ code: 'auth.token_invalid' });
    const year = await sign({ iat: now, exp: now + 365 * 86_400 });
    expect(await failing(() => verifier()(year))).toMatchObject({ code: 'auth.token_invalid' });
    expect((await verifier()(await sign({ iat: now, exp: now + 86_400 }))).actor.id).toBe('usr_1');
  });

  test('API-4 while the issuer shows two keys, a token that names none is good under either', async () => {
    const [second, stranger] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    const before = published;
    const verify = verifier();
    const unnamed = (key = keys.privateKey) =>
      sign({ jti: randomUUID() }, { header: { kid: undefined }, key });
    try {
      await verify(await unnamed());
      const short = await exportJWK((await generateKeyPair('RS256')).publicKey);
      published = [
        { ...short, n: short.n!.slice(0, 100), kid: 'short', alg: 'ES256' },
        ...before,
        { ...(await exportJWK(second.publicKey)), kid: 'k2', alg: 'ES256', use: 'sig' },
      ];
      const fresh = verifier();
      for (const key of [keys.privateKey, second.privateKey])
        expect((await fresh(await unnamed(key))).actor.id).toBe('usr_1');
      expect(await failing(async () => fresh(await unnamed(stranger.privateKey)))).toMatchObject({
        status: 401,
      });
      // Keys are asked for at most every 10 s; then the new one is found, though no token names it.
      expect(await failing(async () => verify(await unnamed(second.privateKey)))).toMatchObject({
        status: 401,
      });
      await later(11_000, async () => {
        expect((await verify(await unnamed(second.privateKey))).actor.id).toBe('usr_1');
      });
    } finally {
      published = before;
    }
  });

  test('API-4 a token is of exactly one kind', async () => {
    const base = { sub: 's', iss: 'i' };
    expect(callerOf({ ...base, scope: 'operator orders:read' }).actor).toEqual({ kind: 'operator', id: 's' });
    expect(callerOf({ ...base, scope: 'platform' }).actor).toEqual({ kind: 'platform', id: 's' });
    for (const claims of [
      { scope: 'operator platform' },
      { scope: 'operator', account_id: 'a' },
      { scope: 'platform', account_id: 'a' },
    ]) {
      expect(await failing(() => callerOf({ ...base, ...claims }))).toMatchObject({
        status: 403,
        code: 'auth.token_ambiguous',
      });
    }
    expect(await failing(() => callerOf({ ...base, scope: 'orders:read' }))).toMatchObject({
      status: 403,
      code: 'auth.account_missing',
    });
  });

  test('API-4 EVT-2 no subject is taken that a reader of events would refuse in a header', () => {
    const sample = JSON.parse(
      readFileSync(new URL('../../events/samples/webhook.disabled.1.json', import.meta.url), 'utf8'),
    ) as { headers: Record<string, string>; value: unknown };
    const isRead = (sub: string) => {
      const ce_actor = `platform:${sub}`;
      try {
        return (
          readEvent('webhook.disabled', sample.value, { ...sample.headers, ce_actor }).actor === ce_actor
        );
      } catch {
        return false;
      }
    };
    const isTaken = (sub: string) => {
      try {
        return callerOf({ sub, iss: 'i', scope: 'platform' }).actor.id === sub;
      } catch {
        return false;
      }
    };
    for (const odd of ['\u2028', '\u2029', '\uFFFD', '\uFEFF', '\0', '\n', '\u202E', '\uD800'])
      expect([isTaken(`zo${odd}e`), isRead(`zo${odd}e`)]).toEqual([false, false]);
    fc.assert(
      fc.property(anyText, (sub) => {
        if (isTaken(sub)) expect(isRead(sub)).toBe(true);
      }),
    );
    expect(['zoë 王', 'x'.repeat(255)].every((sub) => isTaken(sub) && isRead(sub))).toBe(true);
  });

  test('API-4 a token is remembered no longer than it lasts', async () => {
    const verify = verifier();
    const token = await sign({ exp: Math.floor(Date.now() / 1_000) + 2 });
    await verify(token);
    await later(10_000, async () => {
      expect(await failing(() => verify(token))).toMatchObject({ status: 401 });
    });
  });

  test('API-4 keys that cannot be had are 503, not 401', async () => {
    const token = await sign({});
    const nobody = tokenVerifier({ issuer, audience, jwksUrl: 'http://127.0.0.1:9/jwks' });
    expect(await failing(() => nobody(token))).toMatchObject({ status: 503, code: 'server.unavailable' });
  });
});

describe('the application over a database that is not there', () => {
  const tx = {
    now: new Date(),
    many: () => Promise.resolve([]),
    one: () => Promise.resolve(undefined),
    emit: () => undefined,
  };
  const db: Database = { transaction: (actor, work) => work({ ...tx, actor } as unknown as Tx) };
  const scopes = new Set(['orders:read', 'orders:write']);
  const caller = {
    actor: { kind: 'customer', id: 'usr_1', accountId: 'acc_1' },
    issuer: 'i',
    scopes,
  } as const;
  let release: () => void = () => undefined;
  let reached: () => void = () => undefined;
  const underWay = () => new Promise<void>((resolve) => (reached = resolve));
  const routes: Route[] = [
    route({
      method: 'get',
      path: '/v1/open',
      operationId: 'getOpen',
      summary: 'Open.',
      access: 'anyone',
      answer: z.object({}),
      inTransaction: () => Promise.resolve({ body: {} }),
    }),
    route({
      method: 'get',
      path: '/v1/own',
      operationId: 'getOwn',
      summary: 'Own.',
      access: { customer: 'orders:read' },
      answer: z.object({}),
      inTransaction: () => Promise.resolve({ body: {} }),
    }),
    route({
      method: 'post',
      path: '/v1/own',
      operationId: 'postOwn',
      summary: 'Takes a body.',
      access: { customer: 'orders:write' },
      body: z.strictObject({}),
      answer: z.object({}),
      inTransaction: () => Promise.resolve({ body: {} }),
    }),
    route({
      method: 'get',
      path: '/v1/slow',
      operationId: 'getSlow',
      summary: 'Slow.',
      access: 'anyone',
      answer: z.object({}),
      run: () => {
        reached();
        return new Promise<{ body: Record<string, never> }>(
          (resolve) => (release = () => resolve({ body: {} })),
        );
      },
    }),
    route({
      method: 'post',
      path: '/v1/personal',
      operationId: 'postPersonal',
      summary: 'Fails with personal data at hand.',
      access: 'anyone',
      body: z.strictObject({ email: z.string() }),
      answer: z.object({}),
      run: (_db, { body }) =>
        Promise.reject(
          Object.assign(new Error(`no row for ${body.email}`), { detail: `Key (email)=(${body.email})` }),
        ),
    }),
  ];
  const lines: string[] = [];
  const log = makeLog({
    level: 'debug',
    to: new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) }),
  });
  const start = async (ratePerMinute: number, bodyBytesPerSecond?: number) => {
    const verify = (token: string) =>
      token === 'good'
        ? Promise.resolve(caller)
        : Promise.reject(new Refusal('unavailable', 'server.unavailable'));
    const app = httpApp({
      service: { name: 'order', routes, problems: {}, timeZone: 'Asia/Shanghai' },
      db,
      verify,
      log,
      metrics: makeMetrics('order'),
      ratePerMinute,
      ...(bodyBytesPerSecond !== undefined && { bodyBytesPerSecond }),
    });
    const server = await listen(app, 0, '127.0.0.1');
    return { ...server, url: `http://127.0.0.1:${server.port}` };
  };
  const own = { authorization: 'Bearer good' };

  test(
    'API-11 the quota of a token is told in RateLimit headers and ends in 429 with Retry-After; so ' +
      'is that of an address',
    async () => {
      const { url, close } = await start(30);
      const answers = [];
      for (let i = 0; i < 31; i += 1) answers.push(await fetch(`${url}/v1/own`, { headers: own }));
      expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"token";q=30;w=60');
      expect(answers[9]!.headers.get('ratelimit')).toMatch(/^"token";r=20;t=\d+$/);
      expect(answers.map(({ status }) => status)).toEqual([...Array<number>(30).fill(200), 429]);
      expect(Number(answers[30]!.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await answers[30]!.json()).toMatchObject({ code: 'request.rate_limited', status: 429 });
      const open = [];
      for (let i = 0; i < 4; i += 1) open.push((await fetch(`${url}/v1/open`)).status);
      expect(open).toEqual([200, 200, 200, 429]);
      expect((await fetch(`${url}/v1/own`)).status).toBe(429); // no token: the address pays
      await close(100);
    },
  );

  test('API-11 a body that is beyond the quota of bytes is refused, announced or not', async () => {
    const { url, close } = await start(0, 1_000);
    const send = (body: RequestInit['body']) =>
      fetch(`${url}/v1/own`, {
        ...{ method: 'POST', body, duplex: 'half' },
        headers: { 'content-type': 'application/json', ...own },
      } as RequestInit);
    expect((await send('x'.repeat(1_000))).status).toBe(400);
    for (const body of ['x'.repeat(1_001), new Blob(['x'.repeat(1_001)]).stream()]) {
      const refused = await send(body);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
      expect(refused.headers.get('ratelimit-policy')).toBe('"bytes";q=1000;qu="content-bytes";w=1');
    }
    await close(100);
  });

  test('API-11 bytes are counted together by caller', async () => {
    const { bytes } = rateLimits({ perMinute: 0, bytesPerSecond: 1_000 });
    const counted = await Promise.allSettled([
      bytes('a', 600),
      bytes('b', 600),
      bytes('a', 401),
      bytes('b', 400),
    ]);
    expect(counted.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  test('API-11 no quota is counted where it is turned off', async () => {
    const { byToken, byAddress, bytes } = rateLimits({ perMinute: 0, bytesPerSecond: 0 });
    expect([await byToken('a'), await byAddress('a'), await bytes('a', 9_999_999)]).toEqual([{}, {}, {}]);
  });

  test('API-11 a server that stops ends what is under way and takes no more', async () => {
    const { url, close } = await start(0);
    const arrived = underWay();
    const slow = fetch(`${url}/v1/slow`);
    await arrived;
    const closed = close(60_000);
    release();
    expect((await slow).status).toBe(200);
    await closed;
    await expect(fetch(`${url}/v1/open`)).rejects.toThrow();
  });

  test('API-11 a client that sends its request a byte at a time gets 408 and loses its connection', async () => {
    const app = httpApp({
      service: { name: 'order', routes, problems: {}, timeZone: 'Asia/Shanghai' },
      db,
      verify: () => Promise.resolve(caller),
      log,
      metrics: makeMetrics('order'),
    });
    const { port, close } = await listen(app, 0, '127.0.0.1', {
      headersTimeout: 200,
      requestTimeout: 400,
      connectionsCheckingInterval: 50,
    });
    const slow = (head: string) =>
      new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () => socket.write(head));
        const drip = setInterval(() => socket.writable && socket.write('x'), 50);
        const end = () => (clearInterval(drip), resolve(text));
        socket
          .on('data', (bytes) => (text += bytes.toString()))
          .on('error', end)
          .on('close', end);
      });
    const heads = [
      'POST /v1/personal HTTP/1.1\r\nHost: a\r\nX-Slow: ',
      'POST /v1/personal HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n',
    ];
    for (const answer of await Promise.all(heads.map(slow))) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    await close(100);
  });

  test('API-11 a request that does not end is cut when the grace is over', async () => {
    const { url, close } = await start(0);
    const arrived = underWay();
    const stuck = fetch(`${url}/v1/slow`).catch((error: Error) => error.name);
    await arrived;
    await close(50);
    expect(await stuck).toBe('TypeError');
  });

  test('API-13 each request is logged with its ids and without personal data', async () => {
    const { url, close } = await start(0);
    lines.length = 0;
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await fetch(`${url}/v1/personal?`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-request-id': 'req-77',
        traceparent,
        authorization: 'Bearer eyJhbGciOi.eyJzdWIi.c2ln',
      },
      body: JSON.stringify({ email: 'li.lei@example.com' }),
    });
    expect(answer.status).toBe(500);
    await close(100);
    const failed = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ msg }) => msg === 'request failed');
    expect(failed).toMatchObject({
      level: 'error',
      requestId: 'req-77',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      route: '/v1/personal',
      err: { message: 'no row for [hidden]' },
    });
    expect(lines.join('')).toMatch(/"msg":"request"/);
    expect(lines.join('')).not.toMatch(/li\.lei|eyJ/);
  });
});

test('personal data is hidden at any depth of a log line, in texts too', () => {
  const lines: string[] = [];
  const log = makeLog({
    to: new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) }),
  });
  log.info(
    {
      order: {
        party: { Name: '李雷', phone: '13800000000', address: 'Beijing' },
        list: [{ email: 'a@b.cn' }],
      },
      note: 'call 138-0000-0000',
      orderId: 'ord_019913800000000',
    },
    'sent to a@b.cn',
  );
  log.error(new Error('mail to han@example.com failed', { cause: new Error('550 han@example.com') }));
  expect(lines.join('')).not.toMatch(/李雷|"13800|138-0|Beijing|@/);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    order: { party: { Name: '[hidden]' } },
    orderId: 'ord_019913800000000',
    msg: 'sent to [hidden]',
  });
});

describe('API-16 the detail of a problem', () => {
  const detail = (pattern: string, facts: Refusal['facts'], locale: 'en' | 'zh-CN' = 'en') => {
    const texts = {
      'request.refused': {
        kind: 'conflict' as const,
        en: { title: '', detail: pattern },
        'zh-CN': { title: '', detail: pattern },
      },
    };
    return wordsOf({ code: 'request.refused', facts }, { locale, timeZone: 'Asia/Shanghai', texts }).detail;
  };

  test('says times on the clock of the provider, amounts, and values of enums in words', () => {
    const facts = {
      expiresAt: '2026-01-10T11:00:00.000Z',
      from: '2026-01-10T16:00:01.000Z',
      status: 'voided',
      action: 'approve',
      chargeType: 'pay_as_you_go',
      offered: ['subscription', 'package'],
      codes: 'FROZEN, UNPAID',
      productAmount: { amount: '45.00', currency: 'CNY' },
      orderIds: ['ord_1', 'ord_2'],
      count: 3,
    };
    expect(detail('until {expiresAt}, {from}.', facts)).toBe(
      'until 2026-01-10 19:00 (Asia/Shanghai), 2026-01-11 00:00:01 (Asia/Shanghai).',
    );
    expect(detail('至 {expiresAt}。', facts, 'zh-CN')).toBe('至 2026-01-10 19:00（Asia/Shanghai）。');
    expect(detail('{chargeType} of {offered}, {status}, {action}.', facts)).toBe(
      'Pay as you go of subscription, package, voided, approve it.',
    );
    expect(detail('{chargeType}，{offered}，{status}，{action}。', facts, 'zh-CN')).toBe(
      '按量付费，包年包月、资源包，已作废，通过。',
    );
    expect(detail('订单 {orderIds} 状态为 {status}，共 {count} 个。', facts, 'zh-CN')).toBe(
      '订单 ord_1、ord_2 状态为已作废，共 3 个。',
    );
    expect(detail('{codes}', facts, 'zh-CN')).toBe('实例已被冻结、订单未支付');
    expect(detail('{productAmount}, {orderIds}, {count}, {none}', facts)).toBe(
      '45.00 CNY, ord_1, ord_2, 3, —',
    );
    expect(detail('is {status}', { status: 'of_tomorrow' })).toBe('is of_tomorrow');
  });
});
