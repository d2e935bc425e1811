import { cny, paid, placed } from '../../test/sample-order.ts';
import { differencesOf, expectExactly, newClaim, payClaim, whyNotPaid, type Claim } from './claim.ts';
import { isSameTransfer, nameKey, type Remittance } from './remittance.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 0, 12, hour));
const contract = { kind: 'contract', id: 'ctr_1' } as const;

const claim = newClaim({
  claimId: 'rcl_1',
  accountId: 'acc_1',
  claimedBy: 'customer:usr_1',
  bankReference: 'CMB-1',
  amount: cny('90.00'),
  orderIds: ['ord_1'],
  contractId: null,
  createdAt: at(9),
});
const transfer: Remittance = {
  remittanceId: 'rem_1',
  bankReference: 'CMB-1',
  amount: cny('90.00'),
  payerName: '某某（北京）有限公司',
  receivedAt: at(8),
  reportedAt: at(9),
  claimId: null,
  claimedAt: null,
};

test('ORD-21 a claim waits 7 days', () => {
  expect(claim).toMatchObject({ status: 'waiting', expiresAt: new Date(Date.UTC(2026, 0, 19, 9)) });
});

test.each([
  ['brackets of another width', '某某(北京)有限公司', '某某（北京）有限公司', true],
  ['capitals', 'Acme  Co., Ltd. ', 'ACME CO., LTD.', true],
  ['letters of full width', 'ＡＣＭＥ', 'acme', true],
  ['another name', '某某（上海）有限公司', '某某（北京）有限公司', false],
  ['a part of the name', '某某', '某某（北京）有限公司', false],
])(
  'ORD-21 the payer is the certified name, compared without regard to spelling: %s',
  (_, one, other, same) => {
    expect(nameKey(one) === nameKey(other)).toBe(same);
  },
);

test.each<[string, Partial<Remittance> | undefined, string | null, string[]]>([
  ['nothing', {}, '某某(北京)有限公司', []],
  ['no transfer', undefined, '某某(北京)有限公司', ['reference']],
  ['a cent', { amount: cny('90.01') }, '某某(北京)有限公司', ['amount']],
  ['the currency', { amount: { amount: '90.00', currency: 'USD' } }, '某某(北京)有限公司', ['amount']],
  ['the payer', {}, '某某(上海)有限公司', ['payer']],
  ['an account that is not certified', {}, null, ['payer']],
  ['another has it', { claimId: 'rcl_2', claimedAt: at(9) }, '某某(北京)有限公司', ['claimed']],
  ['it has it itself', { claimId: 'rcl_1', claimedAt: at(9) }, '某某(北京)有限公司', []],
  [
    'all',
    { amount: cny('1.00'), claimId: 'rcl_2', claimedAt: at(9) },
    '他人',
    ['amount', 'payer', 'claimed'],
  ],
])('ORD-21 operators see what differs: %s', (_, change, name, differs) => {
  expect(differencesOf(claim, name, change && { ...transfer, ...change })).toEqual(differs);
});

test('ORD-21 the orders cost exactly what is claimed, together', () => {
  const other = { ...placed, orderId: 'ord_2', payableAmount: cny('10.00') };
  const dollars = { ...other, payableAmount: { amount: '10.00', currency: 'USD' } };
  expect(() => expectExactly([placed, other], cny('100.00'), at(9))).not.toThrow();
  for (const [orders, amount] of [
    [[placed, other], cny('99.99')],
    [[placed, other], cny('100.01')],
    [[placed], { amount: '90.00', currency: 'USD' }],
    [[placed, dollars], cny('100.00')],
  ] as const)
    expect(() => expectExactly(orders, amount, at(9))).toThrow(
      expect.objectContaining({ code: 'order.payment_mismatch' }),
    );
  expect(() => expectExactly([placed, paid], cny('180.00'), at(9))).toThrow(
    expect.objectContaining({ code: 'order.not_payable' }),
  );
  expect(() => expectExactly([placed], cny('90.00'), new Date(placed.payBy!))).toThrow(
    expect.objectContaining({ code: 'order.not_payable' }),
  );
});

test.each([
  ['all is as it was', claim, [placed], undefined],
  ['it was paid otherwise', claim, [paid], 'order_not_payable'],
  ['it is cancelled', claim, [{ ...placed, status: 'cancelled' as const }], 'order_not_payable'],
  ['its contract holds it', { ...claim, contractId: 'ctr_1' }, [{ ...placed, hold: contract }], undefined],
  ['its contract has ended', { ...claim, contractId: 'ctr_1' }, [placed], 'contract_ended'],
  [
    'another contract has it',
    { ...claim, contractId: 'ctr_1' },
    [{ ...placed, hold: { kind: 'contract' as const, id: 'ctr_2' } }],
    'contract_ended',
  ],
] as const)('ORD-21 a waiting claim whose orders have changed meanwhile: %s', (_, waiting, orders, why) => {
  expect(whyNotPaid(waiting as Claim, orders, at(9))).toBe(why);
});

test('ORD-21 at its payBy an order is not paid any more', () => {
  expect(whyNotPaid(claim, [placed], placed.payBy!)).toBe('order_not_payable');
});

test('ORD-21 a paid claim announces the transfer, and ends', () => {
  const { state, facts } = payClaim(claim, 'rem_1', at(10));
  expect(state).toEqual({ ...claim, status: 'paid', remittanceId: 'rem_1', endedAt: at(10) });
  expect(facts).toEqual([
    {
      type: 'remittance.claimed',
      data: {
        remittanceId: 'rem_1',
        version: 1,
        accountId: 'acc_1',
        bankReference: 'CMB-1',
        amount: cny('90.00'),
        orderIds: ['ord_1'],
      },
    },
  ]);
  expect(() => payClaim(state, 'rem_2', at(11))).toThrow(
    expect.objectContaining({ code: 'remittance_claim.transition_refused' }),
  );
});

test('ORD-21 a reference names one transfer with all it says', () => {
  expect(isSameTransfer(transfer, { ...transfer })).toBe(true);
  for (const change of [{ amount: cny('90.01') }, { payerName: '某某' }, { receivedAt: at(9) }])
    expect(isSameTransfer(transfer, { ...transfer, ...change })).toBe(false);
});
