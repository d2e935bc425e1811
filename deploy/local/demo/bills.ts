import { money, type DemoContext } from './context.ts';
import { contractShows, requested } from './contracts.ts';

interface Telling {
  readonly what: string;
  readonly amount: string;
  readonly version: number;
  readonly status?: 'unpaid' | 'withdrawn';
}

/** The platform's telling of one bill, and where it shows. */
const tellingOf =
  ({ settings, mark }: DemoContext, billId: string) =>
  ({ what, amount, version, status = 'unpaid' }: Telling) =>
    ({
      what,
      who: 'platform',
      method: 'put',
      path: `/v1/bills/${billId}`,
      body: {
        version,
        accountId: 'acc_demo',
        month: '2026-01',
        invoicingEntity: settings.rules.invoicingEntities[0]!.code,
        status,
        amount: money(amount),
        lines: [{ productCode: 'ECS', amount: money(amount) }],
      },
      headers: { 'idempotency-key': `${billId}-${version}-${mark}` },
      status: 200,
      effects: () => [
        { path: `/v1/bills/${billId}`, shown: (told: { version: number }) => told.version >= version },
      ],
    }) as const;

/** Where the provider makes contracts over monthly bills (CTR-1): one that follows its bill, and ends with it. */
export async function billContracts(context: DemoContext): Promise<void> {
  const { narrator, settings, mark } = context;
  if (!settings.rules.contracts.sources.includes('bill')) return;
  const billId = `bill_${mark}`;
  const tell = tellingOf(context, billId);
  await narrator.ask(
    tell({
      what: 'The platform tells the bill of a month: use that is paid as you go.',
      amount: '128.40',
      version: 1,
    }),
  );
  const applied = await narrator.ask({
    what: 'The customer applies over the bill: no order is held, and the draft is there at once.',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts',
    body: { billIds: [billId], language: 'zh-CN' },
    status: 201,
    follows: ['contract.requested', 'contract.drafted'],
    shows: ({ body }) => `${body.data[0].number} ${body.data[0].status}, ${body.data[0].amount.amount}`,
    effects: requested,
  });
  const { contractId } = applied.body.data[0] as { contractId: string };
  const path = `/v1/contracts/${contractId}`;
  const corrected = tell({ what: 'The bill is corrected.', amount: '100.00', version: 2 });
  await narrator.ask({ ...corrected, follows: ['contract.changed'] });
  const { body } = await narrator.quietly({ who: 'customer', method: 'get', path });
  narrator.check(
    body.amount.amount === '100.00' && body.history.at(-1).what.includes('bills'),
    'its draft follows, and says so in its history (CTR-35)',
  );
  const withdrawn = tell({ what: 'It is withdrawn.', amount: '100.00', version: 3, status: 'withdrawn' });
  const effects = () => [...withdrawn.effects(), contractShows(contractId, 'contract.voided')];
  await narrator.ask({ ...withdrawn, follows: ['contract.voided'], effects });
  const ended = await narrator.quietly({ who: 'customer', method: 'get', path });
  narrator.check(ended.body.voidReason === 'bill_withdrawn', 'the contract ends with it');
}
