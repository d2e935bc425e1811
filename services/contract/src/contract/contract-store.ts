import { actorId, Refusal, type Decision, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import type { Bill } from '../bill/bill.ts';
import { yearIn } from '../bill/billing-cycle.ts';
import type { Order } from '../order-view.ts';
import { addProducts, productsOfBills } from './contract-products-store.ts';
import { isLive, type Contract } from './contract.ts';
import { releaseOffline } from './offline-store.ts';

export const contractColumns = `contract_id as "contractId", version, account_id as "accountId", number, kind, status,
  language, invoicing_entity as "invoicingEntity", party_a as "partyA", order_ids as "orderIds",
  bill_ids as "billIds", amount, refusals, void_reason as "voidReason", void_text as "voidText", removed,
  created_at as "createdAt", drafted_at as "draftedAt", finalized_at as "finalizedAt",
  voided_at as "voidedAt", content`;

const found = (contract: Contract | undefined, contractId: string): Contract => {
  if (!contract) throw new Refusal('not_found', 'contract.not_found', { contractId });
  return contract;
};

/** For update. @throws Refusal `contract.not_found`, also where it is another account's (API-5). */
export const lockContract = async (tx: Tx, contractId: string): Promise<Contract> =>
  found(await lockContractIfKnown(tx, contractId), contractId);

/** For update; undefined where it is unknown, as in a replay of events that are older than this schema. */
export const lockContractIfKnown = (tx: Tx, contractId: string) =>
  tx.one<Contract>(`select ${contractColumns} from contracts where contract_id = $1 for update`, [
    contractId,
  ]);

/** For update; undefined where no live contract lists the order. There is at most one (CTR-5). */
export const lockLiveContractOf = (tx: Tx, orderId: string) =>
  tx.one<Contract>(
    `select ${contractColumns} from contracts
      where contract_id = (select contract_id from live_orders where order_id = $1) for update`,
    [orderId],
  );

/** For update; undefined where no live contract lists the bill. There is at most one (CTR-5). */
export const lockLiveContractOfBill = (tx: Tx, billId: string) =>
  tx.one<Contract>(
    `select ${contractColumns} from contracts
      where contract_id = (select contract_id from live_bills where bill_id = $1) for update`,
    [billId],
  );

/** @throws Refusal `contract.not_found`, also where it is another account's (API-5). */
export const getContract = async (tx: Tx, contractId: string): Promise<Contract> =>
  found(
    await tx.one<Contract>(`select ${contractColumns} from contracts where contract_id = $1`, [contractId]),
    contractId,
  );

/** The known ones, in the order of their ids. */
export const findContracts = (tx: Tx, contractIds: readonly string[]) =>
  tx.many<Contract>(
    `select ${contractColumns} from contracts where contract_id = any($1) order by contract_id`,
    [contractIds],
  );

/** With its orders, or its bills, as they were decided on; announced. */
export function insertContract(
  tx: Tx,
  decision: Decision<Contract>,
  { orders, bills }: { readonly orders: readonly Order[]; readonly bills: readonly Bill[] },
): Contract {
  const { state: contract } = decision;
  tx.write(
    `insert into contracts (contract_id, version, account_id, kind, status, language, invoicing_entity, party_a,
       order_ids, amount, created_at, bill_ids)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      contract.contractId,
      contract.version,
      contract.accountId,
      contract.kind,
      contract.status,
      contract.language,
      contract.invoicingEntity,
      contract.partyA,
      contract.orderIds,
      contract.amount,
      contract.createdAt,
      contract.billIds,
    ],
  );
  tx.write(
    `insert into contract_orders (contract_id, order_id, account_id, position, snapshot)
     select $1, o->>'orderId', $2, position, o
       from jsonb_array_elements($3::jsonb) with ordinality as listed (o, position)`,
    [contract.contractId, contract.accountId, JSON.stringify(orders)],
  );
  if (bills.length > 0)
    tx.write(
      `insert into contract_bills (contract_id, bill_id, account_id, position, snapshot)
       select $1, b->>'billId', $2, position, b
         from jsonb_array_elements($3::jsonb) with ordinality as listed (b, position)`,
      [contract.contractId, contract.accountId, JSON.stringify(bills)],
    );
  addProducts(tx, contract, [...orders.map(({ productCode }) => productCode), ...productsOfBills(bills)]);
  announce(tx, decision);
  return contract;
}

/** Saved and announced where it changed. A contract that ended lets its orders and bills go, here and now (CTR-27). */
export function saveContract(tx: Tx, decision: Decision<Contract>): Contract {
  const { state: contract, facts } = decision;
  if (facts.length === 0) return contract;
  tx.write(
    `update contracts set version = $2, status = $3, number = $4, refusals = $5, void_reason = $6, void_text = $7,
       removed = $8, drafted_at = $9, finalized_at = $10, voided_at = $11, content = $12, amount = $13,
       party_a = $14
     where contract_id = $1`,
    [
      contract.contractId,
      contract.version,
      contract.status,
      contract.number,
      JSON.stringify(contract.refusals),
      contract.voidReason,
      contract.voidText,
      contract.removed,
      contract.draftedAt,
      contract.finalizedAt,
      contract.voidedAt,
      contract.content,
      contract.amount,
      contract.partyA,
    ],
  );
  if (!isLive(contract)) {
    for (const claims of ['live_orders', 'live_bills'])
      tx.write(`delete from ${claims} where contract_id = $1`, [contract.contractId]);
    if (contract.kind === 'offline') releaseOffline(tx, contract);
  }
  announce(tx, decision);
  return contract;
}

function announce(tx: Tx, { state: contract, facts }: Decision<Contract>): void {
  tx.write(
    `insert into contract_history (contract_id, version, account_id, event, status, at, actor, what)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      contract.contractId,
      contract.version,
      contract.accountId,
      facts[0]!.type,
      contract.status,
      tx.now,
      actorId(tx.actor),
      'what' in facts[0]!.data ? facts[0]!.data.what : null,
    ],
  );
  tx.emit(...facts);
}

/** `CT-2026-00001234`; a number that was drawn is never drawn again (API-10). */
export async function nextNumber(tx: Tx, { timeZone }: Pick<Profile, 'timeZone'>): Promise<string> {
  const row = await tx.one<{ next: string }>(`select nextval('contract_numbers') as next`);
  return `CT-${yearIn(timeZone, tx.now)}-${row!.next.padStart(8, '0')}`;
}

/** Locks, in id order, the rows that these ids stand for, before a batch of events is handled. */
export const lockRowsOf = (tx: Tx, ids: readonly string[]): void =>
  tx.write('select lock_contracts($1::text[])', [ids]);
