import { hash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { testService, until, type Client, type TestService } from '@accord/testing';
import { flawsUnderBadInput } from '@accord/testing/edges';
import { inTheMiddle, thingService } from './things.ts';

let t: TestService;
let one: Client;
let other: Client;
beforeAll(async () => {
  t = await testService({ service: thingService });
  one = t.customer('acc_1');
  other = t.customer('acc_2');
});
afterAll(() => t.stop());
afterEach(() => (inTheMiddle.of = undefined));

const thing = { title: 'a thing', size: 3 };
let keys = 0;
const newKey = () => ({ 'idempotency-key': `key-${(keys += 1)}` });
const titled = async (title: string) =>
  Number((await t.sql<{ n: string }>('select count(*) as n from things where title = $1', [title]))[0]!.n);

/** Hangs the first work in its middle until `go` is called. */
function gate() {
  let go: () => void = () => undefined;
  let reached: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (reached = resolve));
  const opened = new Promise<void>((resolve) => (go = resolve));
  inTheMiddle.of = () => {
    inTheMiddle.of = undefined;
    reached();
    return opened;
  };
  return { arrived, go };
}

test(
  'API-1 API-2 API-4 API-7 bad input is refused on every ' + 'route with a stable code and nothing is stored',
  async () => {
    const flaws = await flawsUnderBadInput(t);
    const onPurpose = /^GET \/v1\/(broken|undescribed): /;
    expect(flaws.filter((flaw) => !onPurpose.test(flaw))).toEqual([]);
  },
);

test(
  'API-1 a query parameter of the wrong type is named by a JSON pointer; text that cannot be stored ' +
    'is refused',
  async () => {
    const repeated = await one.get('/v1/things?limit=5&limit=6');
    expect(repeated).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ in: 'query', pointer: '/limit' }] },
    });
    const nested = await one.post('/v1/things', {
      ...thing,
      parts: [{ weight: 1 }, { weight: 0, 'a/b~c': 1 }],
    });
    const errors = nested.body.errors as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/parts/1/a~1b~0c', '/parts/1/weight']);
    for (const title of ['a\u0000b', '\ud800', 'b\udfff']) {
      expect(await one.post('/v1/things', { ...thing, title })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/title' }] },
      });
    }
    expect((await one.post('/v1/things', { ...thing, title: '\\u0000 😀' })).status).toBe(201);
  },
);

test('API-2 API-13 a problem names the request; a safe request id comes back, an unsafe one is replaced', async () => {
  const given = await one.get('/v1/things/thg_none', { 'x-request-id': 'from-gateway.1:2' });
  expect(given.headers.get('x-request-id')).toBe('from-gateway.1:2');
  expect(given.headers.get('content-type')).toBe('application/problem+json');
  expect(given.body).toEqual({
    type: 'urn:accord:problem:thing.not_found',
    title: 'No such thing',
    status: 404,
    detail: 'There is no thing thg_none.',
    instance: 'from-gateway.1:2',
    code: 'thing.not_found',
    facts: { thingId: 'thg_none' },
  });
  const unsafe = await one.get('/v1/things/thg_none', { 'x-request-id': 'a"b<script>' });
  expect(unsafe.body.instance).toMatch(/^[0-9a-f-]{36}$/);
});

test('API-16 title and detail come in the language of the caller, from the service and from the edge', async () => {
  const refused = await one.post(
    '/v1/things',
    { title: 'refused', size: 1 },
    { 'accept-language': 'fr, zh-TW;q=0.8, en;q=0.5' },
  );
  expect(refused).toMatchObject({
    status: 409,
    body: { title: '被拒绝', detail: 'Refused（a、b）被拒绝。' },
  });
  expect(refused.headers.get('content-language')).toBe('zh-CN');
  const invalid = await one.post('/v1/things', { title: 5, size: 1 }, { 'accept-language': 'zh-CN' });
  expect(invalid.body).toMatchObject({
    title: '请求无效',
    errors: [{ pointer: '/title', detail: '无效输入：期望 string，实际接收 数字' }],
  });
});

test('API-2 a bug answers 500 without internals', async () => {
  const broken = await t.operator().get('/v1/broken');
  expect(broken).toMatchObject({ status: 500, body: { code: 'server.error' } });
  expect(JSON.stringify(broken.body)).not.toMatch(/secret_column|no_such_table|select/);
});

test(
  'API-2 API-3 every route is described, in 3.1, and an answer that does not fit its description ' +
    'does not go out',
  async () => {
    const { body: api } = await t.anonymous().get('/openapi.json');
    expect(api.openapi).toMatch(/^3\.1\./);
    const named = ({ $ref }: { $ref: string }) => api.components.schemas[$ref.split('/').at(-1)!];
    for (const { method, path, success = [200], refusals = [] } of t.running.service.routes) {
      const operation = api.paths[path][method];
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([...success.map(String), '400', '429', '500', '503']),
      );
      const problem = operation.responses['500'].content['application/problem+json'].schema;
      expect(named(problem).properties.code.enum).toEqual(expect.arrayContaining([...refusals]));
      const headers = operation.parameters.map((one: { $ref?: string }) => one.$ref?.split('/').at(-1));
      expect(headers.includes('IfMatch')).toBe(refusals.includes('request.version_mismatch'));
    }
    expect(
      named(api.paths['/v1/things'].post.requestBody.content['application/json'].schema).additionalProperties,
    ).toBe(false);
    const page = await t.anonymous().get('/docs');
    const html = page.bytes.toString();
    expect(html).toContain('/v1/things/{thingId}');
    expect(html).toContain(`curl -sS -X POST &quot;$API/v1/things/&lt;thingId&gt;/payments&quot;`);
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(t.running.service.routes.length);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    expect(html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    const shared = async (asked: string) => (await t.anonymous().get(asked)).body;
    expect(await shared('/v1/openapi.json')).toMatchObject({ openapi: '3.1.1', info: { title: 'Accord' } });
    expect(await shared('/v1/asyncapi.json')).toMatchObject({ asyncapi: '3.0.0' });
    expect(await shared('/v1/schemas/payment.unapplied/1')).toMatchObject({ 'x-version': 1 });
    expect(await shared('/v1/schemas/payment.unapplied/2')).toMatchObject({ 'x-version': 2 });
    for (const none of [
      'order.paid/9',
      'order.paid/1.0',
      'order.nothing/1',
      '..%2Fasyncapi/1',
      'order.paid/01',
    ])
      expect(await shared(`/v1/schemas/${none}`)).toMatchObject({ code: 'request.unknown_route' });
    for (const other of ['/docs/', '/DOCS', '/openapi.json/'])
      expect((await t.operator().get(other)).status).toBe(404);
    expect((await t.operator().get('/v1/undescribed')).body.code).toBe('server.error');
    expect((await t.operator().get('/v1/unlisted')).body.code).toBe('server.error');
  },
);

test('API-3 an unknown path is 404, a wrong method 405 with what is allowed', async () => {
  expect((await one.get('/v1/nothing')).body.code).toBe('request.unknown_route');
  const wrong = await one.delete('/v1/things/batch');
  expect(wrong).toMatchObject({ status: 405, body: { code: 'request.method_not_allowed' } });
  // As its own path is described, and not `/v1/things/{thingId}` beside it.
  expect(wrong.headers.get('allow')).toBe('POST');
  const other = await one.delete('/v1/things/thg_1');
  expect(other.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'PATCH']);
});

test(
  'API-5 another account’s thing is not found, changed or listed; anyone sees no account’s rows; an ' +
    'operator sees all',
  async () => {
    const { body: mine } = await one.post('/v1/things', thing);
    for (const answer of [
      await other.get(`/v1/things/${mine.thingId}`),
      await other.patch(`/v1/things/${mine.thingId}`, { title: 'taken' }),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'thing.not_found' } });
    }
    expect((await other.get('/v1/things?limit=200')).body.data).toEqual([]);
    expect((await t.anonymous().get('/v1/catalogue')).body).toEqual([]);
    expect((await t.operator().get(`/v1/things/${mine.thingId}`)).status).toBe(200);
    expect((await one.post('/v1/things', { ...thing, accountId: 'acc_2' })).body.code).toBe(
      'request.account_not_yours',
    );
    expect((await t.operator().post('/v1/things', thing)).body.code).toBe('request.account_required');
  },
);

test('API-6 a repeat answers the stored response, of both kinds of route', async () => {
  const key = newKey();
  const first = await one.post('/v1/things', { ...thing, title: 'once' }, key);
  const again = await one.post('/v1/things', { ...thing, title: 'once' }, key);
  expect(again).toMatchObject({ status: 201, body: first.body });
  expect(again.bytes.equals(first.bytes)).toBe(true);
  for (const name of ['location', 'etag', 'content-type'])
    expect(again.headers.get(name)).toBe(first.headers.get(name));
  expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect(await titled('once')).toBe(1);

  const batch = () => one.post('/v1/things/batch', { titles: ['b1', 'refused', 'b2'] }, key);
  const [whole, repeated] = [await batch(), await batch()];
  expect(whole.body.data).toMatchObject([
    { title: 'b1' },
    { title: 'refused', code: 'thing.refused' },
    { title: 'b2' },
  ]);
  expect(repeated.body).toEqual(whole.body);
  expect(await titled('b1')).toBe(1);
});

test('API-6 a key with another body is 422; over 255 characters 400; missing where required 400', async () => {
  const key = newKey();
  await one.post('/v1/things', thing, key);
  expect(await one.post('/v1/things', { ...thing, size: 4 }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency.key_reused' },
  });
  expect(await one.post('/v1/things', thing, { 'idempotency-key': 'k'.repeat(256) })).toMatchObject({
    status: 400,
    body: { code: 'idempotency.key_invalid' },
  });
  expect((await one.post('/v1/things', thing, { 'idempotency-key': 'k'.repeat(255) })).status).toBe(201);
  const payment = await t.platform().post('/v1/things/none/payments', { size: 1 });
  expect(payment).toMatchObject({ status: 400, body: { code: 'idempotency.key_required' } });
});

test('API-6 a key belongs to issuer, subject, account, method and path', async () => {
  const key = newKey();
  const colleague = t.issuer.token({ sub: 'usr_2', account_id: 'acc_1', scope: 'refunds:write' });
  const answers = [
    await one.post('/v1/things', thing, key),
    await other.post('/v1/things', thing, key),
    await t.anonymous().post('/v1/things', thing, { ...key, authorization: `Bearer ${await colleague}` }),
  ];
  expect(answers.map(({ status, headers }) => [status, headers.get('idempotency-replayed')])).toEqual(
    Array(3).fill([201, null]),
  );
  expect(await t.asRole('acc_2').sql('select distinct account_id from idempotency_keys')).toEqual([
    { account_id: 'acc_2' },
  ]);
});

test(
  'API-6 while the first runs a repeat is 409 with Retry-After at once, and replays after; of 20 at ' +
    'once one has an effect',
  async () => {
    const key = newKey();
    const { arrived, go } = gate();
    const first = one.post('/v1/things', { ...thing, title: 'held' }, key);
    await arrived;
    const second = await one.post('/v1/things', { ...thing, title: 'held' }, key);
    expect(second).toMatchObject({ status: 409, body: { code: 'idempotency.in_progress' } });
    expect(second.headers.get('retry-after')).toBe('1');
    go();
    expect((await first).status).toBe(201);
    expect(
      (await one.post('/v1/things', { ...thing, title: 'held' }, key)).headers.get('idempotency-replayed'),
    ).toBe('true');

    for (const [path, body] of [
      ['/v1/things', { ...thing, title: 'many' }],
      ['/v1/things/batch', { titles: ['many'] }],
    ] as const) {
      const before = await titled('many');
      const together = { 'idempotency-key': `together ${path}` };
      const answers = await Promise.all(Array.from({ length: 20 }, () => one.post(path, body, together)));
      expect(answers.filter(({ status }) => ![200, 201, 409].includes(status))).toEqual([]);
      expect(
        answers.filter(({ status, headers }) => status < 300 && !headers.get('idempotency-replayed')),
      ).toHaveLength(1);
      expect(await titled('many')).toBe(before + 1);
    }
  },
);

/** Sends the target as it stands, which a client would bring into the usual form. */
const sendTo = async (
  path: string,
  {
    method = 'POST',
    body,
    headers = {},
  }: { method?: string; body?: string; headers?: Record<string, string> },
) => {
  const token = await t.issuer.token({
    sub: 'usr_1',
    account_id: 'acc_1',
    scope: 'refunds:read refunds:write',
  });
  const { hostname, port } = new URL(t.baseUrl);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request({
    ...{ hostname, port, method, path, agent: false },
    headers: { authorization: `Bearer ${token}`, ...type, ...headers },
  });
  const [answer] = (await once(sent.end(body), 'response')) as [IncomingMessage];
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  return { status: answer.statusCode, headers: answer.headers, text };
};

test('API-6 one key is one request, in whatever form its target is written', async () => {
  const body = JSON.stringify({ ...thing, title: 'one target' });
  const headers = newKey();
  const same = [
    '/v1/things',
    `${t.baseUrl}/v1/things`,
    'http://another.example/v1/things',
    'https://user:pass@[::1]:1/v1/things',
    '/v1/things?',
    '/v1/things#part',
    `${t.baseUrl}/v1/things?#part`,
  ];
  const answers: Awaited<ReturnType<typeof sendTo>>[] = [];
  for (const path of same) answers.push(await sendTo(path, { body, headers }));
  expect(answers.map(({ status, text }) => [status, text])).toEqual(same.map(() => [201, answers[0]!.text]));
  expect(answers.map((answer) => answer.headers['idempotency-replayed'])).toEqual([
    undefined,
    ...same.slice(1).map(() => 'true'),
  ]);
  const others = [
    '/v1/things/',
    '//v1/things',
    '/v1//things',
    '/V1/things',
    '/v1/Things',
    '/v1/%74hings',
    '/v1/./things',
    '/v1/x/../things',
    '/v1/things;a=b',
    '/v1\\things',
    '*',
  ];
  for (const path of others)
    expect([path, (await sendTo(path, { body, headers })).status]).toEqual([path, 404]);
  expect(await titled('one target')).toBe(1);

  const { thingId } = JSON.parse(answers[0]!.text) as { thingId: string };
  const key = newKey();
  const forms = [thingId, thingId.replace('_', '%5F'), thingId.replace('_', '%5f'), `%74${thingId.slice(1)}`];
  const completions = [];
  for (const form of forms) completions.push(await sendTo(`/v1/things/${form}/completion`, { headers: key }));
  expect(completions.map((answer) => [answer.status, answer.headers['idempotency-replayed']])).toEqual([
    [202, undefined],
    [202, 'true'],
    [202, 'true'],
    [202, 'true'],
  ]);
});

test('API-2 a path or a query that is no percent-encoding of UTF-8 is refused, wherever it leads', async () => {
  const { status, body: made } = await one.post('/v1/things', { ...thing, title: 'encoded' }, newKey());
  expect(status).toBe(201);
  const broken = ['%ff', '%', '%f', '%zz', '%c0%80', '%ed%a0%80', 'a%e5%90', '%E5%90%88%'];
  for (const text of broken) {
    for (const [path, at] of [
      [`/v1/things?title=${text}`, { in: 'query', pointer: '/title' }],
      [`/v1/things?${text}=x`, { in: 'query', pointer: '/' }],
      [`/v1/things/${made.thingId}?a=1&b=%20&title=${text}`, { in: 'query', pointer: '/title' }],
      [`/v1/things/${text}`, { in: 'path', pointer: '' }],
      [`/v1/${text}`, { in: 'path', pointer: '' }],
      [`/openapi.json?x=${text}`, { in: 'query', pointer: '/x' }],
      [`/v1/schemas/${text}/1`, { in: 'path', pointer: '' }],
    ] as const) {
      const answer = await sendTo(path, { method: 'GET', headers: {} });
      const body = JSON.parse(answer.text) as { code: string; errors: object[] };
      expect([path, answer.status, body.code]).toEqual([path, 400, 'request.invalid']);
      expect(body.errors).toEqual([{ ...at, detail: 'No percent-encoding of UTF-8.' }]);
    }
  }
  const whole = await one.get(`/v1/things/${made.thingId}?`);
  expect(whole.status).toBe(200);
});

test('API-6 a refusal is not stored: the same key works once the reason is gone', async () => {
  const key = newKey();
  const { body: made } = await one.post('/v1/things', { ...thing, title: 'paid' });
  const [payments, body] = [t.platform(), { size: 7 }];
  await t.sql(`update things set thing_id = thing_id || '_away' where thing_id = $1`, [made.thingId]);
  expect((await payments.post(`/v1/things/${made.thingId}/payments`, body, key)).status).toBe(404);
  await t.sql(`update things set thing_id = $1 where thing_id = $1 || '_away'`, [made.thingId]);
  expect((await payments.post(`/v1/things/${made.thingId}/payments`, body, key)).body.size).toBe(10);
  expect((await payments.post(`/v1/things/${made.thingId}/payments`, body, key)).body.size).toBe(10);
});

test('API-6 a crash between effect and answer leaves neither: the repeat does it, once', async () => {
  const key = newKey();
  inTheMiddle.of = async (tx) => {
    inTheMiddle.of = undefined;
    const row = await tx.one<{ pid: number }>('select pg_backend_pid() as pid');
    await t.sql('select pg_terminate_backend($1)', [row!.pid]);
    await sleep(50);
  };
  const cut = await one.post('/v1/things', { ...thing, title: 'cut' }, key);
  expect(cut).toMatchObject({ status: 503, body: { code: 'server.unavailable' } });
  expect(await titled('cut')).toBe(0);
  const repeat = await one.post('/v1/things', { ...thing, title: 'cut' }, key);
  expect([repeat.status, repeat.headers.get('idempotency-replayed')]).toEqual([201, null]);
  expect(await titled('cut')).toBe(1);
});

test('API-6 a batch that breaks halfway and is sent again answers its done items as they were', async () => {
  const key = newKey();
  const ask = () => one.post('/v1/things/batch', { titles: ['i1', 'i2'] }, key);
  let done: () => void = () => undefined;
  const halfway = new Promise<void>((resolve) => (done = resolve));
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  inTheMiddle.of = async (_tx, title) => {
    if (title !== 'i2') return;
    inTheMiddle.of = undefined;
    done();
    await held;
    throw new Error('a bug, halfway');
  };
  const first = ask();
  await halfway;
  expect((await ask()).body.code).toBe('idempotency.in_progress');
  const [kept] = await t.sql<{ thing_id: string }>(`select thing_id from things where title = 'i1'`);
  goOn();
  expect((await first).status).toBe(500);
  const again = await ask();
  expect(again.body.data).toMatchObject([{ title: 'i1', thingId: kept!.thing_id }, { title: 'i2' }]);
  expect([await titled('i1'), await titled('i2')]).toEqual([1, 1]);
});

test(
  'API-6 a claim whose process died is taken again after 60 s, not before; one that only was slow ' +
    'does no item twice',
  async () => {
    const claim = {
      headers: newKey(),
      ask: () => one.post('/v1/things/batch', { titles: ['lease'] }, claim.headers),
    };
    const { arrived, go } = gate();
    const slow = claim.ask();
    await arrived;
    t.clock.offsetMs += 50_000;
    expect((await claim.ask()).body.code).toBe('idempotency.in_progress');
    t.clock.offsetMs += 11_000;
    // the claim was taken, its item is still under way
    expect((await claim.ask()).body.code).toBe('idempotency.in_progress');
    go();
    const [first, again] = [await slow, await claim.ask()];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
    expect(await titled('lease')).toBe(1);

    const dead = newKey();
    const body = { titles: ['dead'] };
    await one.post('/v1/things/batch', body, dead);
    await t.sql(
      `update idempotency_keys set status = null, lease_until = now() + $1 * interval '1 ms' + interval '5 s'
      where status is not null and body like '%dead%' and body like '%data%'`,
      [t.clock.offsetMs],
    );
    expect((await one.post('/v1/things/batch', body, dead)).status).toBe(409);
    t.clock.offsetMs += 6_000;
    expect((await one.post('/v1/things/batch', body, dead)).status).toBe(200);
    expect(await titled('dead')).toBe(1);
    t.clock.offsetMs = 0;
  },
);

test('API-6 keys are kept 24 h', async () => {
  const old = newKey();
  await one.post('/v1/things', { ...thing, title: 'old' }, old);
  t.clock.offsetMs += 23.9 * 3_600_000;
  expect(
    (await one.post('/v1/things', { ...thing, title: 'old' }, old)).headers.get('idempotency-replayed'),
  ).toBe('true');
  t.clock.offsetMs += 0.2 * 3_600_000;
  expect(
    (await one.post('/v1/things', { ...thing, title: 'old' }, old)).headers.get('idempotency-replayed'),
  ).toBeNull();
  expect(await titled('old')).toBe(2);
  t.clock.offsetMs = 0;
});

test('API-7 pages hold each thing once, also while things are added', async () => {
  const reader = t.customer('acc_pages');
  for (let i = 0; i < 7; i += 1) {
    await reader.post('/v1/things', { title: `page ${i}`, size: i });
    await sleep(2); // an id tells the millisecond that it was made in, and no more
  }
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = (await reader.get(`/v1/things?limit=3${cursor && `&cursor=${cursor}`}`)) as {
      body: { data: { title: string }[]; nextCursor: string | null };
    };
    seen.push(...body.data.map(({ title }) => title));
    if (seen.length === 3) await reader.post('/v1/things', { title: 'late', size: 1 });
    cursor = body.nextCursor;
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `page ${i}`).concat('late'));
});

test('API-8 the ETag is the version; If-Match with another is 412 and changes nothing', async () => {
  const made = await one.post('/v1/things', thing);
  const path = `/v1/things/${made.body.thingId}`;
  expect(made.headers.get('etag')).toBe('"1"');
  const changed = await one.patch(path, { title: 'second' }, { 'if-match': '"1"' });
  expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"2"']);
  const late = await one.patch(path, { title: 'third' }, { 'if-match': '"1"' });
  expect(late).toMatchObject({
    status: 412,
    body: { code: 'request.version_mismatch', facts: { expected: 1, actual: 2 } },
  });
  expect((await one.patch(path, { title: 'third' }, { 'if-match': '"not-ours"' })).status).toBe(412);
  expect((await one.patch(path, { title: 'third' }, { 'if-match': 'no tag' })).status).toBe(400);
  expect((await one.get(path)).body.title).toBe('second');
});

test(
  'API-14 a saga answers 202 with Location; Prefer: wait gives the outcome as soon as there is one, ' +
    'or 202 when time is up',
  async () => {
    const { body: made } = await one.post('/v1/things', thing);
    const path = `/v1/things/${made.thingId}/completion`;
    const at202 = await one.post(path);
    expect([at202.status, at202.headers.get('location'), at202.headers.get('preference-applied')]).toEqual([
      202,
      `/v1/things/${made.thingId}`,
      null,
    ]);
    const measured = async (part: 'count' | 'sum') => {
      const text = await (await fetch(`${t.opsUrl}/metrics`)).text();
      const line = `^http_request_duration_seconds_${part}\\{.*completion",status="202".* (\\S+)$`;
      return Number(new RegExp(line, 'm').exec(text)?.[1] ?? 0);
    };
    await until('the first is measured', async () => (await measured('count')) > 0);
    const [count, sum] = [await measured('count'), await measured('sum')];
    const started = performance.now();
    const late = await one.post(path, undefined, { prefer: 'respond-async, wait=1' });
    expect([late.status, late.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
    expect(performance.now() - started).toBeGreaterThan(950);
    await until('it is measured, without the wait', async () => (await measured('count')) === count + 1);
    expect((await measured('sum')) - sum).toBeLessThan(0.9);

    const key = newKey();
    expect((await one.post(path, undefined, key)).status).toBe(202);
    const waiting = one.post(path, undefined, { ...key, prefer: 'wait=10' });
    await sleep(150);
    await t.sql('update things set done = true where thing_id = $1', [made.thingId]);
    const outcome = await waiting;
    expect(outcome).toMatchObject({ status: 200, body: { done: true } });
    expect(outcome.headers.get('idempotency-replayed')).toBe('true');
  },
);

test('API-14 forty callers that wait hold no connection: others are served meanwhile', async () => {
  const { body: made } = await one.post('/v1/things', thing);
  const path = `/v1/things/${made.thingId}/completion`;
  const waiting = Array.from({ length: 40 }, () => one.post(path, undefined, { prefer: 'wait=10' }));
  await sleep(100);
  const started = performance.now();
  expect((await one.get(`/v1/things/${made.thingId}`)).status).toBe(200);
  // Before any of them gives up.
  expect(performance.now() - started).toBeLessThan(8_000);
  await t.sql('update things set done = true where thing_id = $1', [made.thingId]);
  expect((await Promise.all(waiting)).every(({ status }) => status === 200)).toBe(true);
});

test('API-11 a body of 1 MiB passes, one byte more does not', async () => {
  const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
  const ofJson = (bytes: number) =>
    one.send('POST', '/v1/things', text(bytes), { 'content-type': 'application/json' });
  expect((await ofJson(1_048_576)).body.code).toBe('request.invalid');
  expect((await ofJson(1_048_577)).body.code).toBe('request.too_large');
});

test('API-1 JSON is taken under any of its types and with parameters that say nothing', async () => {
  const good = [
    'application/json',
    'Application/JSON ; charset="UTF-8"',
    'application/json;charset=utf8',
    'application/json; version=1; profile="https://example.com/a;b"',
    'application/vnd.accord.thing+json; charset=utf-8',
    'application/json;',
  ];
  const bad = [
    'application/json; charset=utf-16',
    'application/json; charset=gbk',
    'application/jsonp',
    'json',
    'text/json',
    '*/*',
  ];
  const send = (type: string) =>
    one.send('POST', '/v1/things', JSON.stringify(thing), { 'content-type': type });
  for (const type of good) expect([type, (await send(type)).status]).toEqual([type, 201]);
  for (const type of bad) expect([type, (await send(type)).status]).toEqual([type, 415]);
});

test('API-2 a body that is compressed is refused in words that say what to send instead', async () => {
  const send = (encoding: string, body: Buffer) =>
    one.send('POST', '/v1/things', body, {
      'content-type': 'application/json',
      'content-encoding': encoding,
    });
  const plain = Buffer.from(JSON.stringify(thing));
  for (const [encoding, body] of [
    ['gzip', gzipSync(plain)],
    ['br', plain],
    ['gzip, identity', plain],
  ] as const) {
    const { status, body: problem, headers } = await send(encoding, body);
    expect([status, problem.detail, headers.get('accept-encoding')]).toEqual([
      415,
      'Send application/json, not compressed, in UTF-8.',
      'identity',
    ]);
  }
  expect((await send('Identity', plain)).status).toBe(201);
});

test('API-11 what is nested deeply or in too many parts is refused before it is built', async () => {
  const send = (body: string) => one.send('POST', '/v1/things', body, { 'content-type': 'application/json' });
  const said = async (body: string) => {
    const { status, body: problem } = await send(body);
    return [status, problem.code, problem.errors[0].pointer, problem.errors[0].detail];
  };
  const invalid = [400, 'request.invalid'];
  const nested = '['.repeat(500_000) + ']'.repeat(500_000);
  expect(await said(`["\\u0000",${nested}]`)).toEqual([...invalid, '', 'Nested more than 32 deep.']);
  expect(await said(`[${nested},"\\u0000"]`)).toEqual([...invalid, '', 'Nested more than 32 deep.']);
  expect(await said('{"a":'.repeat(33) + '1' + '}'.repeat(33))).toEqual([
    ...invalid,
    '',
    'Nested more than 32 deep.',
  ]);
  expect(await said(`[${'[],'.repeat(300_000)}1]`)).toEqual([...invalid, '', 'More than 20000 values.']);
  expect(await said('{"title":"a","size":1,"title":"b"}')).toEqual([
    ...invalid,
    '',
    'An object has a name twice.',
  ]);
  expect(await said('{"title":"a","size":1,"parts":[{"weight":1,"\\u0077eight":2}]}')).toEqual([
    ...invalid,
    '',
    'An object has a name twice.',
  ]);
  expect((await send(`\ufeff${JSON.stringify(thing)}`)).status).toBe(201);
});

test('API-2 a request without a host, or with an expectation that is not known, gets a problem', async () => {
  const say = (lines: string[]) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(t.baseUrl).port), '127.0.0.1', () =>
        socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString())).on('close', () => resolve(text));
    });
  const get = 'GET /v1/catalogue HTTP/1.1';
  expect(await say([get])).toMatch(
    /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"pointer":"\/host"/,
  );
  expect(await say(['GET /v1/catalogue HTTP/1.0'])).toMatch(/^HTTP\/1\.1 200 /);
  for (const expectation of ['200-ok', ''])
    expect(await say([get, 'Host: a', `Expect: ${expectation}`])).toMatch(
      /^HTTP\/1\.1 417 [\s\S]*application\/problem\+json[\s\S]*"code":"request\.expectation"/,
    );
  expect(await say([get, 'Host: a', 'Expect: 100-Continue'])).toMatch(/HTTP\/1\.1 200 /);
  for (const unreadable of ['CONNECT a:1 HTTP/1.1', 'PRI * HTTP/2.0'])
    expect(await say([unreadable, 'Host: a'])).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"detail":"[^"—]+","instance":"[0-9a-f-]{36}"/,
    );
});

const file = { 'content-type': 'application/pdf' };
const upload = (bytes: Buffer, headers = {}) =>
  one.send('POST', '/v1/uploads', bytes, { ...file, ...headers });

test(
  'API-11 a file of 64 MiB is hashed, one byte more is refused, said before or found out; a repeat is a ' +
    'file too',
  async () => {
    const most = Buffer.alloc(67_108_864, '%PDF-accord');
    expect((await upload(most)).body).toEqual({ sha256: hash('sha256', most), size: most.length });
    expect((await upload(Buffer.alloc(most.length + 1))).body.code).toBe('request.too_large');
    const token = await t.issuer.token({ sub: 'usr_1', account_id: 'acc_1', scope: 'refunds:write' });
    const authorization = `Bearer ${token}`;
    const unsaid = {
      method: 'POST',
      headers: { authorization, ...file },
      body: new Blob([most, 'x']).stream(),
      duplex: 'half',
    };
    expect((await fetch(`${t.baseUrl}/v1/uploads`, unsaid as RequestInit)).status).toBe(413);
    expect((await upload(Buffer.alloc(9), { 'content-encoding': 'gzip' })).body.code).toBe(
      'request.content_type',
    );

    const key = newKey();
    const [first, again, another] = [
      await upload(Buffer.from('%PDF-a'), key),
      await upload(Buffer.from('%PDF-a'), key),
      await upload(Buffer.from('%PDF-b'), key),
    ];
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([first.body, 'true']);
    expect([another.status, another.body.code]).toEqual([422, 'idempotency.key_reused']);
  },
);

describe('a file in a wrapping', () => {
  const bytes = Buffer.from('%PDF-1.7 a\r\n--b--\r\n');
  const crlf = (...lines: string[]) => lines.join('\r\n');
  const part = (head: string[], body: Buffer | string) =>
    Buffer.concat([Buffer.from(crlf('--x', ...head, '', '')), Buffer.from(body), Buffer.from('\r\n')]);
  const named = 'Content-Disposition: form-data; name="file"; filename="a.pdf"';
  const whole = part([named, 'Content-Type: application/pdf'], bytes);
  const field = part(['Content-Disposition: form-data; name="note"'], 'x');
  const end = Buffer.from('--x--\r\n');
  const form = (...parts: Buffer[]) =>
    one.send('POST', '/v1/uploads', Buffer.concat(parts), {
      'content-type': 'multipart/form-data; boundary=x',
    });
  const taken = { sha256: hash('sha256', bytes), size: bytes.length };

  test('CTR-20 the one file of a form is taken out of it, whatever fields stand around', async () => {
    const made = new FormData();
    made.set('file', new Blob([bytes]), 'Vertrag 合同.pdf');
    const encoded = new Response(made);
    const raw = Buffer.from(await encoded.arrayBuffer());
    const type = encoded.headers.get('content-type')!;
    for (const { status, body } of [
      await form(whole, end),
      await form(field, whole, field, end),
      await form(part([named], bytes), end),
      await form(Buffer.from('before\r\n'), whole, end, Buffer.from('after')),
      await one.send('POST', '/v1/uploads', raw, { 'content-type': type }),
    ])
      expect([status, body]).toEqual([200, taken]);
    const large = Buffer.alloc(67_108_864, '%PDF-accord');
    const head = [named, 'Content-Type: application/octet-stream'];
    expect((await form(part(head, large), end)).body).toEqual({
      sha256: hash('sha256', large),
      size: large.length,
    });
    expect((await form(part(head, large), part(head, Buffer.alloc(1_048_577)), end)).status).toBe(413);
  });

  test('CTR-20 a form that has not one file as it is, or that breaks off, is refused', async () => {
    const unfit: [number, string, Buffer[]][] = [
      [415, 'request.file_expected', [field, end]],
      [415, 'request.file_expected', [end]],
      [415, 'request.file_expected', [whole, whole, end]],
      [415, 'request.file_expected', [part([named], ''), end]],
      [415, 'request.file_expected', [part([named, 'Content-Transfer-Encoding: base64'], 'JVBERi0='), end]],
      [415, 'request.file_expected', [part([named, 'Content-Type: application/zip'], bytes), end]],
      [
        415,
        'request.file_expected',
        [part([named, 'Content-Type: multipart/mixed; boundary=y'], bytes), end],
      ],
      [400, 'request.bad_form', [whole]],
      [400, 'request.bad_form', [part([named], bytes.subarray(0, 5)).subarray(0, -4)]],
      [400, 'request.bad_form', [bytes]],
      [400, 'request.bad_form', [Buffer.alloc(0)]],
      [400, 'request.bad_form', [...Array<Buffer>(30).fill(field), whole, end]],
    ];
    for (const [status, code, parts] of unfit) {
      const { status: answered, body } = await form(...parts);
      expect([answered, body.code, parts.length]).toEqual([status, code, parts.length]);
    }
    expect((await upload(bytes, { 'content-type': 'multipart/form-data' })).body.code).toBe(
      'request.bad_form',
    );
  });

  test.each([
    ['multipart/mixed', { 'content-type': 'multipart/mixed; boundary=x' }],
    ['a form of names', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON', { 'content-type': 'application/json' }],
    ['text', { 'content-type': 'text/plain;charset=UTF-8' }],
    ['a message', { 'content-type': 'message/rfc822' }],
    ['an archive', { 'content-type': 'application/zip' }],
    ['base64', { 'content-transfer-encoding': 'Base64' }],
    ['a slice', { 'content-range': 'bytes 0-10/100' }],
  ])('CTR-20 %s is refused', async (_name, headers) => {
    const { status, body } = await upload(bytes, headers);
    expect([status, body.code]).toEqual([415, 'request.file_expected']);
  });

  test.each([
    ['gzip', gzipSync(bytes)],
    ['base64', Buffer.from(bytes.toString('base64'))],
    ['a form that was saved', Buffer.from(crlf('--y', named, '', bytes.toString(), '--y--', ''))],
    ['a blank before it', Buffer.concat([Buffer.from(' '), bytes])],
    ['less than a head', bytes.subarray(0, 4)],
  ])('CTR-20 bytes that are no PDF are refused, whatever is said of them: %s', async (_name, wrapped) => {
    for (const type of ['application/pdf', 'application/octet-stream']) {
      const { status, body } = await upload(wrapped, { 'content-type': type });
      expect([status, body.code]).toEqual([415, 'request.file_expected']);
      const inForm = await form(
        part([named, `Content-Type: ${type}`, 'Content-Encoding: gzip'], wrapped),
        end,
      );
      expect([inForm.status, inForm.body.code]).toEqual([415, 'request.file_expected']);
    }
  });

  test('CTR-20 a coding of the body or of its transfer is refused; identity is none, in any case', async () => {
    expect((await upload(bytes, { 'content-encoding': 'IDENTITY' })).body).toEqual(taken);
    const token = await t.issuer.token({ sub: 'usr_1', account_id: 'acc_1', scope: 'refunds:write' });
    const coded = await new Promise<string>((resolve) => {
      const head = [
        'POST /v1/uploads HTTP/1.1',
        'Host: a',
        `Authorization: Bearer ${token}`,
        'Connection: close',
      ];
      const zipped = gzipSync(bytes);
      const socket = connect(Number(new URL(t.baseUrl).port), '127.0.0.1', () => {
        socket.write(
          crlf(...head, 'Transfer-Encoding: gzip, chunked', '', `${zipped.length.toString(16)}`, ''),
        );
        socket.write(zipped);
        socket.write('\r\n0\r\n\r\n');
      });
      let text = '';
      socket.on('data', (more) => (text += more.toString())).on('close', () => resolve(text));
    });
    expect(coded).toMatch(/^HTTP\/1\.1 (415|400|501) /);
  });

  test('CTR-20 an empty body is no file; types are read without their case and parameters', async () => {
    for (const headers of [{}, { 'content-type': 'application/octet-stream' }])
      expect((await upload(Buffer.alloc(0), headers)).body.code).toBe('request.file_expected');
    for (const type of ['Application/PDF; name="a.pdf"', 'application/octet-stream', 'application/x-pdf'])
      expect((await upload(bytes, { 'content-type': type })).body).toEqual(taken);
  });
});

test('API-11 forty files that come slowly hold no connection, and one that breaks off does no harm', async () => {
  const token = await t.issuer.token({ sub: 'usr_1', account_id: 'acc_1', scope: 'refunds:write' });
  const authorization = `Bearer ${token}`;
  const head = [
    'POST /v1/uploads HTTP/1.1',
    'Host: a',
    `Authorization: ${authorization}`,
    'Content-Length: 9',
    'Connection: close',
    '',
    '%PD',
  ].join('\r\n');
  const port = Number(new URL(t.baseUrl).port);
  const begun = Array.from({ length: 40 }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    return {
      socket,
      answer: new Promise<string>(
        (resolve) => void socket.once('data', (bytes) => resolve(bytes.toString())),
      ),
    };
  });
  await sleep(200);
  expect((await one.get('/v1/things?limit=1')).status).toBe(200);
  const [broken, ...others] = begun;
  broken!.socket.destroy();
  for (const { socket } of others) socket.write('F-file');
  for (const { answer } of others) expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

test('API-2 API-11 the answer to many faults, or to long names, stays small', async () => {
  const many = Object.fromEntries(Array.from({ length: 80_000 }, (_, i) => [`f${i}`, 1]));
  const long = Object.fromEntries(Array.from({ length: 45 }, (_, i) => [`${i}${'x'.repeat(20_000)}`, 1]));
  for (const body of [many, long]) {
    const answer = await one.post('/v1/things', { ...thing, ...body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } });
    expect(answer.body.errors.length).toBeLessThanOrEqual(50);
    expect(answer.bytes.length).toBeLessThan(40_000);
  }
});

test.each([
  'NOT HTTP AT ALL',
  'GET http://[ HTTP/1.1\r\nHost: x',
  'GET http://x:99999999/ HTTP/1.1\r\nHost: x',
])(
  'API-2 API-11 what is no HTTP or asks for no URL gets a problem and its connection ends: %j',
  async (said) => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(t.baseUrl).port), '127.0.0.1', () =>
        socket.write(`${said}\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (bytes) => (text += bytes.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*problem\+json[\s\S]*request\.unreadable/);
  },
);

test('a file comes with its name in every alphabet, its length and its digest; a stream as well', async () => {
  const whole = await one.get('/v1/things/whole/document');
  expect(whole.bytes.toString()).toBe('whole');
  expect(whole.headers.get('content-disposition')).toBe(
    `attachment; filename="__ _1_.pdf"; filename*=UTF-8''%E5%90%88%E5%90%8C%20%221%22.pdf`,
  );
  expect(whole.headers.get('accept-ranges')).toBe('none');
  expect(whole.headers.get('repr-digest')).toBe(
    `sha-256=:${Buffer.from('ab'.repeat(32), 'hex').toString('base64')}:`,
  );
  expect([whole.headers.get('content-type'), whole.headers.get('content-length')]).toEqual([
    'application/pdf',
    '5',
  ]);
  expect((await one.get('/v1/things/streamed/document')).bytes.toString()).toBe('streamed');
});

test(
  'API-12 the pages of operations are on their own port; ' +
    'readiness falls with the database, liveness does not',
  async () => {
    const ops = async (path: string) => (await fetch(t.opsUrl + path)).status;
    expect([
      await ops('/livez'),
      await ops('/readyz'),
      await ops('/startupz'),
      await ops('/nothing'),
    ]).toEqual([200, 200, 200, 404]);
    const metrics = await (await fetch(`${t.opsUrl}/metrics`)).text();
    expect(metrics).toMatch(
      /http_request_duration_seconds_count\{[^}]*route="\/v1\/things\/\{thingId\}"[^}]*status="404"/,
    );
    expect((await one.get('/metrics')).status).toBe(404);
    const name = new URL(t.database.url).pathname.slice(1);
    await t.sql(`alter database ${name} connection limit 0`);
    await t.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and usename <> 'postgres'`,
    );
    try {
      expect([await ops('/readyz'), await ops('/livez')]).toEqual([503, 200]);
      expect(await one.get('/v1/things')).toMatchObject({
        status: 503,
        body: { code: 'server.unavailable' },
      });
    } finally {
      await t.sql(`alter database ${name} connection limit -1`);
    }
    expect((await one.get('/v1/things')).status).toBe(200);
  },
);
