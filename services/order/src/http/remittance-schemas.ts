import { z } from 'zod';
import type { Tx } from '@accord/core';
import { Moment, Money } from '@accord/events/fields';
import { ActorView, maskActor } from '@accord/http';
import { MoneyJson } from '@accord/money';
import { findAccounts } from '../account-view.ts';
import { claimLifecycle, differences, differencesOf, type Claim } from '../remittance/claim.ts';
import { listByReference } from '../remittance/remittance-store.ts';
import type { Remittance } from '../remittance/remittance.ts';

export const BankReference = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/)
  .meta({ description: 'The bank’s own name of the transfer, for ever.' });

const { anyOf: misfits } = MoneyJson.meta()!['not'] as { anyOf: readonly object[] };
const nothingOrLess = { properties: { amount: { pattern: '^(-|0([.]0+)?$)' } } };

/** More than nothing, as JSON Schema says it, too. Asked also of an amount that is refused already, it never throws. */
export const Transferred = MoneyJson.refine(({ amount }) => !amount.startsWith('-') && /[1-9]/.test(amount), {
  path: ['amount'],
  message: 'is more than nothing',
  params: { 'zh-CN': '必须大于零' },
}).meta({ id: 'TransferredMoney', not: { anyOf: [...misfits, nothingOrLess] } });

const Difference = z.enum(differences).meta({ id: 'RemittanceDifference' });

export const ClaimAnswer = z
  .object({
    claimId: z.string(),
    accountId: z.string(),
    claimedBy: ActorView,
    bankReference: z.string(),
    amount: Money,
    orderIds: z.array(z.string()),
    contractId: z.string().nullable(),
    status: z.enum(claimLifecycle.statuses).meta({ id: 'RemittanceClaimStatus' }),
    failure: z
      .enum(['order_not_payable', 'contract_ended'])
      .nullable()
      .meta({ description: 'Why a transfer that fits has paid nothing; it stays unclaimed.' }),
    remittanceId: z.string().nullable(),
    createdAt: Moment,
    expiresAt: Moment.meta({ description: 'Until then a waiting claim waits for the bank.' }),
    endedAt: Moment.nullable(),
    differs: z
      .array(Difference)
      .nullable()
      .meta({ description: 'For operators: what keeps it from its transfer. Null for customers.' }),
  })
  .meta({ id: 'RemittanceClaim' });

/** Of each claim, what differs; null to those who may not know. */
type DiffersOf = (claim: Claim) => z.input<typeof Difference>[] | null;

export const toClaimAnswer = (
  claim: Claim,
  { actor }: Tx,
  differsOf: DiffersOf = () => null,
): z.input<typeof ClaimAnswer> => ({
  ...claim,
  orderIds: [...claim.orderIds],
  claimedBy: maskActor(actor, claim.claimedBy),
  createdAt: claim.createdAt.toISOString(),
  expiresAt: claim.expiresAt.toISOString(),
  endedAt: claim.endedAt?.toISOString() ?? null,
  differs: differsOf(claim),
});

export async function differsFor(
  tx: Tx,
  of: readonly Claim[],
  known?: readonly Remittance[],
): Promise<DiffersOf> {
  if (tx.actor.kind !== 'operator') return () => null;
  const references = of.map(({ bankReference }) => bankReference);
  const [transfers, accounts] = await Promise.all([
    known ?? listByReference(tx, references),
    findAccounts(
      tx,
      of.map(({ accountId }) => accountId),
    ),
  ]);
  const byReference = new Map(transfers.map((one) => [one.bankReference, one]));
  return (claim) =>
    differencesOf(
      claim,
      accounts.get(claim.accountId)?.certifiedName ?? null,
      byReference.get(claim.bankReference),
    );
}
