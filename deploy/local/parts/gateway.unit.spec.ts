import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clockOf } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { readOptions as readRedriveOptions } from '../commands/redrive-options.ts';
import { readOptions } from '../commands/start-options.ts';
import { providerOf } from '../demo/catalogue.ts';
import { segments, startFrontDoor, targetOf, type FrontDoor, type Origins } from './gateway.ts';
import { readMail } from './mailbox.ts';

const origins: Origins = {
  order: 'http://o',
  contract: 'http://c',
  refund: 'http://r',
  notification: 'http://n',
  issuer: 'http://i',
};

test.each([
  ['/v1/orders/ord_1/cancel?x=1', 'http://o', '/v1/orders/ord_1/cancel?x=1'],
  ['/v1/remittance-claims', 'http://o', '/v1/remittance-claims'],
  ['/v1/contracts', 'http://c', '/v1/contracts'],
  ['/v1/refund-quotes', 'http://r', '/v1/refund-quotes'],
  ['/v1/timeline?about=ord_1', 'http://n', '/v1/timeline?about=ord_1'],
  ['http://elsewhere/v1/orders?x=1', 'http://o', '/v1/orders?x=1'],
  ['/v1/contracts/../orders', 'http://o', '/v1/orders'],
  ['/docs/refund/', 'http://r', '/docs'],
  ['/docs/refund/openapi.json', 'http://r', '/openapi.json'],
  ['/openapi/order.json', 'http://o', '/openapi.json'],
  ['/v1/openapi.json', 'http://o', '/v1/openapi.json'],
  ['/v1/asyncapi.json', 'http://o', '/v1/asyncapi.json'],
  ['/v1/schemas/order.paid/1', 'http://o', '/v1/schemas/order.paid/1'],
  ['/token', 'http://i', '/token'],
])('%s goes to %s%s', (url, origin, path) => expect(targetOf(url, origins)).toEqual({ origin, path }));

test.each([
  '/',
  '/v1',
  '/v1/',
  '/v1/nothing',
  '/v1/constructor',
  '/v2/orders',
  '/metrics',
  '/docs/other/',
  '/openapi/issuer.json',
  '//',
  '//x:99999',
  'http://[',
  '*',
])('%s leads nowhere', (url) => expect(targetOf(url, origins)).toBeUndefined());

test('API-13 bodies and headers go through as they are, and a service that is away answers 503', async () => {
  const echo = createServer((request, response) => {
    response
      .setHeader('X-Request-Id', request.headers['x-request-id'] ?? '')
      .setHeader('X-Path', request.url ?? '');
    request.pipe(response);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const there = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  const door = await startFrontDoor({
    port: 0,
    origins: { order: there, contract: 'http://127.0.0.1:1' },
  });
  try {
    const body = '订单'.repeat(100_000);
    const answer = await fetch(`${door.url}/v1/orders?a=%2F`, {
      method: 'POST',
      body,
      headers: { 'X-Request-Id': 'req_1' },
    });
    expect(answer.headers.get('x-request-id')).toBe('req_1');
    expect(answer.headers.get('x-path')).toBe('/v1/orders?a=%2F');
    expect(await answer.text()).toBe(body);
    for (const path of ['/v1/contracts', '/v1/refunds']) {
      const away = await fetch(door.url + path);
      expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await away.json()).toMatchObject({ status: 503, code: 'server.unavailable' });
    }
  } finally {
    await door.stop();
    await new Promise((resolve) => echo.close(resolve));
  }
});

describe('what the front door answers itself', () => {
  let door: FrontDoor;
  beforeAll(async () => (door = await startFrontDoor({ port: 0, origins })));
  afterAll(() => door.stop());

  test.each(['/v1/elsewhere', '//', '/docs/other/'])(
    'API-2 API-13 API-16 %s is no route, said in the language of the caller with the id of the request',
    async (path) => {
      const answer = await fetch(door.url + path, {
        headers: { 'X-Request-Id': 'req_1', 'Accept-Language': 'zh-CN' },
      });
      expect([
        answer.status,
        answer.headers.get('x-request-id'),
        answer.headers.get('content-language'),
      ]).toEqual([404, 'req_1', 'zh-CN']);
      expect(await answer.json()).toEqual({
        type: 'urn:accord:problem:request.unknown_route',
        title: '路径不存在',
        status: 404,
        detail: '该路径未提供任何服务。',
        instance: 'req_1',
        code: 'request.unknown_route',
      });
      const unsafe = await fetch(door.url + path, { headers: { 'X-Request-Id': 'a"b' } });
      expect(await unsafe.json()).toMatchObject({
        title: 'No such route',
        instance: unsafe.headers.get('x-request-id'),
      });
    },
  );

  test.each([
    'FOO /v1/orders HTTP/1.1\r\nHost: x',
    'GET /v1/orders HTTP/1.2\r\nHost: x',
    'GET /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2',
    'CONNECT x:80 HTTP/1.1\r\nHost: x',
  ])('API-2 what it cannot read gets a problem as from a service: %s', async (head) => {
    const socket = connect(Number(new URL(door.url).port), '127.0.0.1').setEncoding('utf8');
    socket.write(`${head}\r\n\r\n`);
    let answer = '';
    for await (const text of socket) answer += text as string;
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*application\/problem\+json[^]*"code":"request.unreadable"/);
  });

  test.each(['/', '/docs', '/docs/', '/?from=somewhere'])(
    '%s is a page that links what every service says of itself',
    async (path) => {
      const page = await (await fetch(door.url + path)).text();
      const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
      expect(links).toHaveLength(10);
      for (const link of links) expect(targetOf(link, origins)).toBeDefined();
      expect((await fetch(door.url + path, { method: 'POST' })).status).toBe(404);
    },
  );
});

test('API-2 a missing host and an unknown expectation reach the service, which refuses them', async () => {
  const asked: unknown[] = [];
  const serve: RequestListener = ({ headers }, response) => {
    asked.push([headers.host, headers.expect]);
    response.end();
  };
  const service = createServer({ requireHostHeader: false }, serve).on('checkExpectation', serve);
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const port = (service.address() as AddressInfo).port;
  const door = await startFrontDoor({ port: 0, origins: { ...origins, order: `http://127.0.0.1:${port}` } });
  try {
    for (const header of ['Host: x\r\nExpect: miracles', 'Accept: */*']) {
      const socket = connect(Number(new URL(door.url).port), '127.0.0.1');
      socket.write(`GET /v1/orders HTTP/1.1\r\n${header}\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
    }
    expect(asked).toEqual([
      ['x', 'miracles'],
      [undefined, undefined],
    ]);
  } finally {
    await door.stop();
    await new Promise((resolve) => service.close(resolve));
  }
});

test('API-5 a body stays a body whatever the method, so that nobody hides a request in it', async () => {
  const asked: string[] = [];
  const service = createServer((request, response) => {
    request
      .setEncoding('utf8')
      .on('data', (text: string) => asked.push(`body ${text.split(' ')[0]}`))
      .on('end', () => response.end('once'));
    asked.push(`${request.method} ${request.url}`);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const door = await startFrontDoor({
    port: 0,
    origins: { ...origins, order: `http://127.0.0.1:${(service.address() as AddressInfo).port}` },
  });
  try {
    const hidden = 'GET /v1/orders/hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const method of ['GET', 'DELETE']) {
      const socket = connect(Number(new URL(door.url).port), '127.0.0.1');
      socket.write(
        `${method} /v1/orders/open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n` +
          `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
      );
      await once(socket, 'data');
      socket.destroy();
    }
    expect((await fetch(`${door.url}/v1/orders/next`)).status).toBe(200);
    expect(asked).toEqual([
      'GET /v1/orders/open',
      'body GET',
      'DELETE /v1/orders/open',
      'body GET',
      'GET /v1/orders/next',
    ]);
  } finally {
    await door.stop();
    await new Promise((resolve) => service.close(resolve));
  }
});

test('API-18 the clock is shown and moved where there is one, forward alone; elsewhere it is 404', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-'));
  const door = await startFrontDoor({ port: 0, origins, clock: join(folder, 'clock') });
  const without = await startFrontDoor({ port: 0, origins });
  const ask = async (base: string, body?: string) => {
    const response = await fetch(`${base}/development/clock`, body ? { method: 'POST', body } : {});
    return { status: response.status, ...((await response.json()) as { now?: string }) };
  };
  try {
    expect(await ask(door.url)).toMatchObject({ status: 200, aheadMs: 0 });
    expect(await ask(door.url, '{"advanceBy":"P1DT1H"}')).toMatchObject({ status: 200, aheadMs: 90_000_000 });
    expect(await ask(door.url, '{"advanceBy":"PT1S"}')).toMatchObject({ status: 200, aheadMs: 90_001_000 });
    expect(clockOf(join(folder, 'clock')).offsetMs).toBe(90_001_000);
    const inYears = new Date(Date.now() + 3 * 366 * 86_400_000).toISOString();
    const { now } = await ask(door.url, JSON.stringify({ to: inYears }));
    expect(Math.abs(Date.parse(String(now)) - Date.parse(inYears))).toBeLessThan(60_000);
    const fine = new Date(Date.parse(inYears) + 86_400_000).toISOString().replace('Z', '456789012345Z');
    expect(await ask(door.url, JSON.stringify({ to: fine }))).toMatchObject({ status: 200 });
    const before = clockOf(join(folder, 'clock')).offsetMs;
    for (const body of [
      '{"advanceBy":"-PT1S"}',
      '{"advanceBy":"P200Y"}',
      '{"advanceBy":"tomorrow"}',
      '{"to":"2020-01-01T00:00:00Z"}',
      '{"to":"2020-13-01T00:00:00Z"}',
      '{"advanceBy":"P1D","to":"2030-01-01T00:00:00Z"}',
      '[]',
      '{"advanceBy":"P99999999999Y"}',
      '{"advanceBy":"P9999999999999999999D"}',
      '{"advanceBy":"-P99999999999Y"}',
      '{"to":"9999-12-31T23:59:59Z"}',
    ])
      expect(await ask(door.url, body)).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(await ask(door.url, '{"advanceBy":"P1D","advanceBy":"P2D"}')).toMatchObject({
      status: 400,
      code: 'request.bad_json',
    });
    expect(await ask(door.url, 'no JSON')).toMatchObject({ status: 400, code: 'request.bad_json' });
    expect(await ask(door.url, ' '.repeat(2_000))).toMatchObject({ status: 413, code: 'request.too_large' });
    expect(clockOf(join(folder, 'clock')).offsetMs).toBe(before);
    for (const body of [undefined, '{"advanceBy":"P1D"}'])
      expect(await ask(without.url, body)).toMatchObject({ status: 404, code: 'request.unknown_route' });
  } finally {
    await Promise.all([door.stop(), without.stop()]);
    rmSync(folder, { recursive: true });
  }
});

test('the segments of all services differ: one prefix, one service', () =>
  expect(new Set(Object.values(segments)).size).toBe(4));

test('a mail is read back: encoded subject, first plain text of several parts', () => {
  const raw = [
    'From: Accord <no-reply@accord.example>',
    'Subject: =?UTF-8?B?6K6i5Y2V?= =?UTF-8?Q?_paid?=',
    'Content-Type: multipart/alternative; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    '=E8=AE=A2=E5=8D=95 =',
    'paid',
    '--b1',
    'Content-Type: text/html',
    '',
    '<p>x</p>',
    '--b1--',
  ].join('\r\n');
  expect(readMail(raw)).toMatchObject({ subject: '订单 paid', text: '订单 paid\r\n' });
});

test('npm start says what it understands', () => {
  expect(readOptions([])).toEqual({ once: false, profile: 'baidu', rules: loadProfile('baidu') });
  const alibaba = { profile: 'alibaba', rules: loadProfile('alibaba') };
  expect(readOptions(['--once', '--profile', 'alibaba'])).toEqual({ once: true, ...alibaba });
  for (const help of ['--help', '-h']) expect(readOptions(['--once', help])).toBeUndefined();
  expect(() => readOptions(['--profile', 'other'])).toThrow(
    /profile .*other cannot be read; shipped are baidu/,
  );
  expect(() => readOptions(['--twice'])).toThrow('usage: npm start');
});

test.each([
  [['--from', 'yesterday'], '--from takes a time as 2026-01-31T09:00:00Z or a day, not yesterday'],
  [['--to', '2026-01-31T09:00:00'], '--to takes a time'],
  [['--to', '2026-01-31T09:00Z'], '--to takes a time'],
  [['--id', 'foo'], '--id takes an event id'],
  [['--direction', 'both'], '--direction takes in or out'],
])('EVT-10 npm run redrive says what is wrong with %j', (args, why) =>
  expect(() => readRedriveOptions(['order', 'list', ...args])).toThrow(why),
);

test('EVT-10 npm run redrive passes on what the API understands', () => {
  const filter = { from: '2026-01-31T09:00:00.123+08:00', direction: 'in' };
  const id = '019b76da-a800-7000-8000-000000000001';
  expect(
    readRedriveOptions(['order', 'list', '--from', filter.from, '--direction', 'in', '--id', id])?.filter,
  ).toEqual({ ...filter, eventIds: [id] });
});

test('the profile of npm start may be a file, named from where the command is given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'accord-'));
  const before = process.env['INIT_CWD'];
  try {
    process.env['INIT_CWD'] = folder;
    const write = (name: string, tree: object) => writeFileSync(join(folder, name), JSON.stringify(tree));
    write('mine.json', { extends: 'alibaba', name: 'mine', contracts: { voidOfficial: 'ticket' } });
    const { profile, rules } = readOptions(['--profile', './mine.json'])!;
    expect([profile, rules.name, rules.contracts.voidOfficial]).toEqual([
      join(folder, 'mine.json'),
      'mine',
      'ticket',
    ]);
    expect(providerOf(rules)).toBe('alibaba');
    const [entity] = rules.invoicingEntities;
    expect(providerOf({ invoicingEntities: [{ ...entity!, code: 'another' }] })).toBeUndefined();
    write('wrong.json', { extends: 'baidu', orders: { payWithin: 'P1M' } });
    expect(() => readOptions(['--profile', 'wrong.json'])).toThrow(
      /wrong\.json: orders\.payWithin: is an ISO/,
    );
  } finally {
    process.env['INIT_CWD'] = before;
    rmSync(folder, { recursive: true });
  }
});
