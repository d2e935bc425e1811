import { newId, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { inContract, refusalOf } from './application-refusal.ts';
import type { AskedBill } from './bill-objections.ts';
import { findBills, lockBills } from './bill/bill-store.ts';
import type { Bill } from './bill/bill.ts';
import {
  claimBills,
  findLiveContractsOfBills,
  listContractBills,
  restateBills,
} from './bill/contract-bills-store.ts';
import { amountOfBills, changedBills, movedBills, splitBills } from './bill/contract-bills.ts';
import { voidForWithdrawnBill } from './contract/contract-end.ts';
import { addProducts, productsOfBills } from './contract/contract-products-store.ts';
import {
  insertContract,
  lockLiveContractOfBill,
  nextNumber,
  saveContract,
} from './contract/contract-store.ts';
import { draftContract, followBills, requestContract, type Contract } from './contract/contract.ts';
import { findProducts } from './order-view.ts';
import { endContract } from './voiding.ts';

// Bills are kept here, so a contract takes them in the transaction of its application and is a draft at once; no other
// service is asked. A telling of a bill locks the bill, then the live contract that has it.

interface BillAsk {
  readonly accountId: string;
  readonly billIds: readonly string[];
}

/** With `toTake` locked: as the contract states them, nothing else is told of them before it is there (CTR-35). */
export async function findAskedBills(
  tx: Tx,
  { accountId, billIds }: BillAsk,
  { toTake }: { readonly toTake: boolean },
): Promise<AskedBill[]> {
  const ids = [...new Set(billIds)];
  if (ids.length === 0) return [];
  const found = await (toTake ? lockBills : findBills)(tx, { accountId, billIds: ids });
  const bills = new Map(found.map((bill) => [bill.billId, bill]));
  const live = await findLiveContractsOfBills(tx, [...bills.keys()]);
  const products = await findProducts(
    tx,
    found.flatMap(({ lines }) => lines.map(({ productCode }) => productCode)),
  );
  return ids.map((billId) => {
    const bill = bills.get(billId);
    const codes = new Set(bill?.lines.map(({ productCode }) => productCode));
    return {
      billId,
      bill,
      live: live.get(billId) ?? null,
      products: [...codes].flatMap((code) => products.get(code) ?? []),
    };
  });
}

type Common = Pick<Contract, 'accountId' | 'language' | 'partyA' | 'createdAt'>;

/**
 * CTR-1, CTR-2, CTR-5: a draft for each invoicing entity. Of two applications racing for one bill, the later to claim
 * it loses here.
 *
 * @throws Refusal `contract.bill_in_contract`
 */
export async function draftOverBills(
  tx: Tx,
  profile: Profile,
  common: Common,
  bills: readonly Bill[],
): Promise<Contract[]> {
  const parts = splitBills(bills).map((part) => ({ ...part, contractId: newId('ctr') }));
  const claims = parts.flatMap(({ contractId, bills: own }) =>
    own.map(({ billId }) => ({ billId, contractId, accountId: common.accountId })),
  );
  const lost = await claimBills(tx, claims);
  if (lost.length > 0) {
    const winners = await findLiveContractsOfBills(tx, lost);
    throw refusalOf(lost.map((billId) => inContract({ billId }, winners.get(billId), profile.contracts)));
  }
  const drafts: Contract[] = [];
  for (const { bills: own, orders, ...part } of parts) {
    const billIds = own.map(({ billId }) => billId);
    const requested = requestContract({ ...common, ...part, orderIds: [], billIds }, { earlierEnded: [] });
    const contract = insertContract(tx, requested, { orders, bills: own });
    const number = await nextNumber(tx, profile);
    drafts.push(saveContract(tx, draftContract(contract, { number, payBy: null, at: tx.now })));
  }
  return drafts;
}

/** The bills as the contract states them; and `told`, as the platform told them last. */
export async function billsOf(
  tx: Tx,
  { contractId, accountId, billIds }: Contract,
): Promise<{ bills: Bill[]; told: Bill[] }> {
  if (billIds.length === 0) return { bills: [], told: [] };
  const bills = await listContractBills(tx, contractId);
  return { bills, told: await findBills(tx, { accountId, billIds }) };
}

/** The bills that a draft states from now on: as they were told last, but for those of another entity by now. */
export async function followedBills(tx: Tx, contract: Contract): Promise<Bill[]> {
  const { bills, told } = await billsOf(tx, contract);
  const moved = new Set(movedBills(bills, told));
  const now = new Map(told.filter(({ billId }) => !moved.has(billId)).map((bill) => [bill.billId, bill]));
  const followed = bills.map((bill) => now.get(bill.billId) ?? bill);
  restateBills(tx, contract.contractId, followed);
  addProducts(tx, contract, productsOfBills(followed));
  return followed;
}

/**
 * CTR-35: a withdrawn bill ends its live contract; a draft follows a correction. A file that is being sealed is dropped
 * (sealing.ts), and an official one stays as signed.
 */
export async function onBillTold(tx: Tx, bill: Bill): Promise<void> {
  const contract = await lockLiveContractOfBill(tx, bill.billId);
  if (!contract) return;
  if (bill.status === 'withdrawn') {
    await endContract(tx, voidForWithdrawnBill(contract, bill.billId, tx.now));
    return;
  }
  if (contract.status !== 'draft') return;
  const { bills } = await billsOf(tx, contract);
  const followed = await followedBills(tx, contract);
  if (changedBills(bills, followed).length > 0)
    saveContract(tx, followBills(contract, amountOfBills(followed)));
}
