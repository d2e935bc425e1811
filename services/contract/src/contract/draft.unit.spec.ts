import { voidContract } from './contract-end.ts';
import { draftContract, requestContract, type Contract } from './contract.ts';
import { changeAddress, expireDraft, remindOfDraft } from './draft.ts';

const day = 86_400_000;
const draftedAt = new Date('2026-03-01T02:00:00.000Z');
const later = (days: number) => new Date(draftedAt.getTime() + days * day);
const rules = { draftRemindAfterMs: 7 * day, draftExpiresAfterMs: 10 * day };
const forEver = { ...rules, draftExpiresAfterMs: null };

const requested: Contract = requestContract(
  {
    contractId: 'ctr_1',
    accountId: 'acc_1',
    kind: 'order',
    language: 'en',
    invoicingEntity: 'baidu_netcom',
    partyA: { name: 'A Ltd', certificate: null, address: 'Old Road', contact: 'Li 1' },
    orderIds: ['ord_1'],
    billIds: [],
    amount: null,
    createdAt: draftedAt,
  },
  { earlierEnded: [] },
).state;
const draft = draftContract(requested, { number: 'CT-1', payBy: null, at: draftedAt }).state;
const voided = voidContract(draft, { reason: 'test', text: null, orderId: null, at: later(1) }).state;

test('CTR-40 a draft is told of at the version it has, with the end of its time where there is one', () => {
  const said = remindOfDraft(draft, rules);
  expect(said).toMatchObject({
    state: { version: draft.version },
    facts: [{ type: 'contract.draft_idle', data: { expiresAt: later(10).toISOString() } }],
  });
  expect(remindOfDraft(draft, forEver).facts).toMatchObject([{ data: { expiresAt: null } }]);
  for (const other of [requested, voided]) expect(remindOfDraft(other, rules).facts).toEqual([]);
});

test('CTR-40 a draft ends when its time is over, and nothing else does', () => {
  expect(expireDraft(draft, rules, later(9.9)).facts).toEqual([]);
  expect(expireDraft(draft, forEver, later(999)).facts).toEqual([]);
  for (const other of [requested, voided, { ...draft, status: 'sealing' as const }])
    expect(expireDraft(other, rules, later(11)).facts).toEqual([]);
  expect(expireDraft(draft, rules, later(10))).toMatchObject({
    state: { status: 'voided', voidReason: 'draft_expired', removed: false },
    facts: [{ type: 'contract.voided', data: { reason: 'draft_expired', orderId: null } }],
  });
});

test('CTR-11 a draft changes its address alone, and announces that it did; the same one is no change', () => {
  const change = { address: 'New Road', contact: 'Han 2' };
  expect(changeAddress(draft, change)).toMatchObject({
    state: { version: draft.version + 1, partyA: { name: 'A Ltd', ...change } },
    facts: [{ type: 'contract.changed', data: { what: ['address'] } }],
  });
  expect(changeAddress(draft, { address: 'Old Road', contact: 'Li 1' }).facts).toEqual([]);
  expect(() => changeAddress(voided, change)).toThrow(expect.objectContaining({ code: 'contract.voided' }));
  expect(() => changeAddress(requested, change)).toThrow(
    expect.objectContaining({ code: 'contract.not_a_draft' }),
  );
});
