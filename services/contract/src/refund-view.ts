import { eventsAbout, keepNewest, type ReadModel } from '@accord/messaging';

const keepRefunds = keepNewest({ table: 'refund_view', key: 'refund_id', columns: ['account_id'] });

/** Every refund that was told of, in whatever status: operators see how many an account has (API-19). */
export const refundView: ReadModel = {
  name: 'refund-view',
  tables: ['refund_view'],
  projections: eventsAbout('refund', {
    on: (writer, { data: { refund } }) =>
      keepRefunds(writer, [
        { refund_id: refund.refundId, version: refund.version, account_id: refund.accountId },
      ]),
  }),
};
