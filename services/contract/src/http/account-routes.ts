import { z } from 'zod';
import { AccountFacts, AccountTelling } from '@accord/events/account';
import { route, type Route } from '@accord/http';
import { getAccount as readAccount } from '../account/account-store.ts';
import { tellAccount } from '../platform-facts.ts';
import { renamingWarnings, Warning } from './warnings.ts';

const AccountName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const ById = z.strictObject({ accountId: AccountName });

const AccountAnswer = AccountFacts.meta({ id: 'Account' });
const ToldAccount = AccountFacts.extend({ warnings: z.array(Warning) }).meta({ id: 'ToldAccount' });

const putAccount = route({
  method: 'put',
  path: '/v1/accounts/{accountId}',
  operationId: 'putAccount',
  summary: 'Tells the facts of an account at a version of the platform; an older version changes nothing.',
  access: { platform: true },
  params: ById,
  body: AccountTelling.omit({ accountId: true }),
  example: {
    version: 1,
    certifiedName: '北京示例科技有限公司',
    contacts: [
      {
        contactId: 'buyer',
        name: 'Li Lei',
        email: 'li.lei@example.com',
        phone: null,
        locale: 'zh-CN',
        timeZone: 'Asia/Shanghai',
        classes: ['orders', 'contracts'],
      },
    ],
  },
  answer: ToldAccount,
  refusals: ['request.version_mismatch'],
  inTransaction: async (tx, { params, body, ifMatch, locale }) => {
    const { account, formerName } = await tellAccount(tx, { account: { ...body, ...params }, ifMatch });
    const warnings = renamingWarnings({ formerName, name: account.certifiedName }, locale);
    return { body: { ...account, warnings }, version: account.version };
  },
});

const getAccount = route({
  method: 'get',
  path: '/v1/accounts/{accountId}',
  operationId: 'getAccount',
  summary: 'The facts of an account as they were told last.',
  access: { customer: 'contracts:read', operator: true, platform: true },
  params: ById,
  answer: AccountAnswer,
  refusals: ['account.not_found'],
  inTransaction: async (tx, { params }) => {
    const account = await readAccount(tx, params.accountId);
    return { body: account, version: account.version };
  },
});

/** EVT-14: accounts are the platform's; contracts take Party A from them. */
export const accountRoutes: readonly Route[] = [putAccount, getAccount];
