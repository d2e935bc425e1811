import { isExcludedFromContracts, type Profile } from '@accord/profile';
import { inContract, reasonAgainst, type ApplicationRefusalReason } from './application-refusal.ts';
import type { Bill } from './bill/bill.ts';
import type { LiveContract } from './contract/contract-orders-store.ts';
import type { Product } from './order-view.ts';

/** An asked bill; `bill` undefined where it is unknown or another account's. */
export interface AskedBill {
  readonly billId: string;
  readonly bill: Bill | undefined;
  readonly live: LiveContract | null;
  /** Of its lines, those that were published. */
  readonly products: readonly Product[];
}

/**
 * CTR-3: all reasons against one bill by itself. Its products are excluded as in an order, for a bill is no way around
 * that. No other source would work in its place. Pure.
 */
export function reasonsAgainstBill(
  { billId, bill, live, products }: AskedBill,
  { contracts: rules, invoicingEntities }: Profile,
): ApplicationRefusalReason[] {
  const about = { billId };
  if (!bill) return [reasonAgainst(about, 'bill.not_found')];
  const codesOf = (of: readonly Product[]) => of.map(({ productCode }) => productCode);
  const excluded = codesOf(products.filter((product) => isExcludedFromContracts(product, rules)));
  const onPaper = codesOf(products.filter(({ contractable }) => !contractable));
  const { offlineAddress } = rules;
  const against: (ApplicationRefusalReason | false)[] = [
    bill.status === 'withdrawn' && reasonAgainst(about, 'bill.withdrawn'),
    live !== null && inContract(about, live, rules),
    excluded.length > 0 && reasonAgainst(about, 'contract.product_excluded', { productCodes: excluded }),
    !invoicingEntities.some(({ code }) => code === bill.invoicingEntity) &&
      reasonAgainst(about, 'contract.entity_unknown'),
    onPaper.length > 0 &&
      reasonAgainst(about, 'contract.ask_offline', { productCodes: onPaper, offlineAddress }),
  ];
  return against.filter((one) => one !== false);
}
