import { z } from 'zod';
import { AccountFacts, AccountTelling } from '@accord/events/account';
import { route, type Route } from '@accord/http';
import { expectAccountVersion, getAccount, putAccount } from '../account/account.ts';

const AccountName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const ById = z.strictObject({ accountId: AccountName });
/** EVT-14: accounts are the platform's; contracts take Party A from them. */
export const accountRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v1/accounts/{accountId}',
    summary: 'Tells the facts of an account at a version of the platform; an older version changes nothing.',
    access: { platform: true },
    params: ById,
    body: AccountTelling.omit({ accountId: true }),
    answer: AccountFacts,
    refusals: ['request.version_mismatch'],
    inTransaction: async (tx, { params, body, ifMatch }) => {
      await expectAccountVersion(tx, params.accountId, ifMatch);
      const account = await putAccount(tx, { ...body, ...params });
      return { body: account, version: account.version };
    },
  }),
  route({
    method: 'get',
    path: '/v1/accounts/{accountId}',
    summary: 'The facts of an account as they were told last.',
    access: { customer: 'contracts:read', operator: true, platform: true },
    params: ById,
    answer: AccountFacts,
    refusals: ['account.not_found'],
    inTransaction: async (tx, { params }) => {
      const account = await getAccount(tx, params.accountId);
      return { body: account, version: account.version };
    },
  }),
];
