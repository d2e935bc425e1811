import { loadProfile } from '@accord/profile';
import { contractService } from '../src/service.ts';
import { announcedOf, codeOf, openOffices } from './fixtures.ts';
import { sampleOrder } from './sample-orders.ts';

// Paper copies of official contracts: at alibaba by oneself, at baidu by ticket.

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'alibaba',
  'baidu',
);

const to = { recipient: 'Li Lei', phone: '+86 10 5555 0100', address: '北京市海淀区示例路 1 号' };
const mailed = { carrier: '顺丰速运', trackingNumber: 'SF1357924680135' };

/** A customer with an official contract, and the calls about its paper copies. */
async function withOfficial(provider: 'alibaba' | 'baidu' = 'alibaba') {
  const customer = await customerOf(provider);
  const { t, client, placed, official } = customer;
  const contractId = await official((await placed(sampleOrder()))[0]!);
  const path = `/v1/contracts/${contractId}/paper-copies`;
  const operator = t.operator('op_paper');
  return {
    ...customer,
    contractId,
    path,
    operator,
    ask: (copies = 2) => client.post(path, { ...to, copies }),
    step: (name: string, body?: object) => operator.post(`${path}/${name}`, body),
  };
}

test('CTR-30 copies are asked for once, printed, mailed and delivered; the customer sees each step', async () => {
  const { t, client, contractId, accountId, path, operator, ask, step } = await withOfficial();
  expect(codeOf(await client.get(path))).toEqual([404, 'paper.not_found']);
  expect(codeOf(await step('print'))).toEqual([404, 'paper.not_found']);
  const asked = await ask();
  expect(asked.status).toBe(201);
  expect(asked.body).toMatchObject({
    ...to,
    contractId,
    accountId,
    status: 'requested',
    copies: 2,
    late: false,
    printedAt: null,
    carrier: null,
    endedAt: null,
  });
  expect(asked.body.promisedFrom < asked.body.promisedBy).toBe(true);
  expect(codeOf(await ask())).toEqual([409, 'paper.already_requested']);
  expect(codeOf(await step('mail', mailed))).toEqual([409, 'paper.wrong_status']);
  expect(codeOf(await step('deliver'))).toEqual([409, 'paper.wrong_status']);
  expect(codeOf(await client.post(`${path}/print`))).toEqual([403, 'auth.scope_missing']);
  expect((await step('print')).body).toMatchObject({ status: 'printed' });
  expect(codeOf(await step('print'))).toEqual([409, 'paper.wrong_status']);
  const stale = await operator.post(`${path}/mail`, mailed, { 'if-match': '"3"' });
  expect(codeOf(stale)).toEqual([412, 'request.version_mismatch']);
  expect((await step('mail', mailed)).body).toMatchObject({ status: 'mailed', ...mailed, endedAt: null });
  expect((await client.get(path)).body).toMatchObject({ status: 'mailed', ...mailed });
  expect((await step('deliver')).body).toMatchObject({ status: 'delivered', returnText: null });
  expect(codeOf(await step('return', { text: 'Too late.' }))).toEqual([409, 'paper.wrong_status']);
  expect(codeOf(await ask())).toEqual([409, 'paper.already_requested']);
  await t.settled();
  expect(announcedOf(t, contractId)).toEqual([
    'contract.requested',
    'contract.drafted',
    'contract.finalized',
    'contract.paper_requested',
    'contract.paper_mailed',
    'contract.paper_delivered',
  ]);
  expect(
    (await t.event('contract.paper_mailed', ({ contract }) => contract.contractId === contractId)).data,
  ).toMatchObject({ ...mailed, contract: { version: 5, status: 'official' } });
  const { body } = await client.get(`/v1/contracts/${contractId}`);
  expect([body.version, body.status, body.history.length]).toEqual([6, 'official', 6]);
});

test('CTR-30 copies come back with the reason, and are not mailed again', async () => {
  const { t, contractId, ask, step } = await withOfficial();
  await ask(6);
  await step('print');
  await step('mail', mailed);
  expect((await step('return', { text: 'Nobody was there.' })).body).toMatchObject({
    status: 'returned',
    returnText: 'Nobody was there.',
  });
  expect(codeOf(await step('mail', mailed))).toEqual([409, 'paper.wrong_status']);
  await t.settled();
  expect(announcedOf(t, contractId).at(-1)).toBe('contract.paper_returned');
});

test('CTR-30 only of an official contract, within the bounds of the profile, with an address', async () => {
  const { client, placed, draft, t, ask, path, contractId } = await withOfficial();
  const drafted = await draft((await placed(sampleOrder()))[0]!);
  const refused = await client.post(`/v1/contracts/${drafted}/paper-copies`, { ...to, copies: 1 });
  expect(codeOf(refused)).toEqual([409, 'contract.not_official']);
  expect(codeOf(await ask(7))).toEqual([422, 'paper.copies_out_of_bounds']);
  for (const body of [
    { ...to, copies: 0 },
    { ...to, copies: 1.5 },
    { ...to, copies: 1, address: '' },
    { ...to, copies: 1, recipient: '\u200b' },
    { recipient: to.recipient, phone: to.phone, copies: 1 },
  ])
    expect(codeOf(await client.post(path, body))).toEqual([400, 'request.invalid']);
  const stranger = t.customer('acc_stranger');
  expect(codeOf(await stranger.post(path, { ...to, copies: 1 }))).toEqual([404, 'contract.not_found']);
  expect(codeOf(await stranger.get(path))).toEqual([404, 'contract.not_found']);
  expect(await t.sql('select 1 from paper_copies where contract_id = $1', [contractId])).toEqual([]);
  expect((await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' })).status).toBe(200);
  expect(codeOf(await ask())).toEqual([409, 'contract.voided']);
});

test('CTR-30 at baidu a ticket is the way to paper', async () => {
  const { ask } = await withOfficial('baidu');
  const refused = await ask();
  expect(codeOf(refused)).toEqual([409, 'paper.by_ticket']);
  expect(refused.body.facts).toMatchObject({ ticketKind: 'physical_seal', remedy: 'submit_ticket' });
});

test('CTR-30 of requests that race exactly one wins', async () => {
  const { t, client, draftEach } = await customerOf('alibaba');
  const contractIds = await draftEach(20);
  // The race is about paper; sealing twenty contracts for it would cost more than it proves.
  await t.sql(`update contracts set status = 'official', finalized_at = now() where contract_id = any($1)`, [
    contractIds,
  ]);
  for (const contractId of contractIds) {
    const answers = await Promise.all(
      [1, 2, 3].map((copies) => client.post(`/v1/contracts/${contractId}/paper-copies`, { ...to, copies })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const won = answers.find(({ status }) => status === 201)!;
    expect((await client.get(`/v1/contracts/${contractId}/paper-copies`)).body).toEqual(won.body);
  }
});

test('CTR-24 CTR-30 the end of a contract cancels copies that are not in the mail, and no others', async () => {
  const { t, client, contractId, path, ask, step } = await withOfficial();
  await ask();
  await step('print');
  expect((await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' })).body).toMatchObject({
    status: 'voided',
    version: 6,
  });
  expect((await client.get(path)).body).toMatchObject({ status: 'cancelled', mailedAt: null });
  expect(codeOf(await step('mail', mailed))).toEqual([409, 'paper.wrong_status']);
  await t.settled();
  expect(announcedOf(t, contractId).slice(-2)).toEqual(['contract.voided', 'contract.paper_cancelled']);

  const sent = await withOfficial();
  await sent.ask();
  await sent.step('print');
  await sent.step('mail', mailed);
  await sent.client.post(`/v1/contracts/${sent.contractId}/void`, { reason: 'test' });
  expect((await sent.client.get(sent.path)).body).toMatchObject({ status: 'mailed' });
  expect((await sent.step('deliver')).body).toMatchObject({ status: 'delivered' });
  await sent.t.settled();
  expect(announcedOf(sent.t, sent.contractId).slice(-2)).toEqual([
    'contract.voided',
    'contract.paper_delivered',
  ]);
});

test('CTR-24 an order’s end takes the paper of its contract along; a void against a mailing: one wins', async () => {
  const { t, client, contractId, path, ask, step } = await withOfficial();
  await ask();
  await step('print');
  const [voided, sent] = await Promise.all([
    client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' }),
    step('mail', mailed),
  ]);
  expect(voided.status).toBe(200);
  const { status } = (await client.get(path)).body;
  expect([sent.status, status]).toEqual(sent.status === 200 ? [200, 'mailed'] : [409, 'cancelled']);

  const dying = await customerOf('alibaba');
  const [order] = await dying.placed(sampleOrder());
  const other = await dying.official(order!);
  await dying.client.post(`/v1/contracts/${other}/paper-copies`, { ...to, copies: 1 });
  const dead = dying.dead(order!, 'voided', 9);
  await t.publish({ type: 'order.voided', data: { order: dead, reason: 'refunded' } }, { repeat: 2 });
  await t.settled();
  expect((await dying.client.get(`/v1/contracts/${other}/paper-copies`)).body.status).toBe('cancelled');
  expect(announcedOf(t, other).slice(-2)).toEqual(['contract.voided', 'contract.paper_cancelled']);
});

test('CTR-30 the list for operators: the oldest request first, by status, and what is late', async () => {
  const one = await withOfficial();
  const two = await withOfficial();
  await one.ask(1);
  await two.ask(3);
  await two.step('print');
  const { t, operator, client } = one;
  await t.sql(`update paper_copies set promised_by = now() - interval '1 day' where contract_id = $1`, [
    two.contractId,
  ]);
  const listed = async (query: string) => {
    const found: string[] = [];
    for (let cursor = ''; ;) {
      const page = await operator.get(`/v1/paper-copies?limit=1${query}${cursor && `&cursor=${cursor}`}`);
      expect(page.status).toBe(200);
      found.push(...page.body.data.map((paper: { contractId: string }) => paper.contractId));
      cursor = page.body.nextCursor ?? '';
      if (!cursor) return found.filter((id) => [one.contractId, two.contractId].includes(id));
    }
  };
  expect(await listed('')).toEqual([one.contractId, two.contractId]);
  expect(await listed('&status=printed')).toEqual([two.contractId]);
  expect(await listed('&late=true')).toEqual([two.contractId]);
  expect(await listed(`&accountId=${one.accountId}`)).toEqual([one.contractId]);
  await two.step('mail', mailed);
  expect(await listed('&late=true')).toEqual([]);
  expect(codeOf(await client.get('/v1/paper-copies'))).toEqual([403, 'auth.scope_missing']);
});
