import { z } from 'zod';
import { AccountFacts, AccountTelling, PartnerType } from '@accord/events/account';
import { IdPlace, paged, pageOf, pageQuery, pageRange, route, type Route } from '@accord/http';
import { listAccounts as findAccounts } from '../account/account-list.ts';
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

const count = z.int().min(0);
const ListedAccount = z
  .object({
    accountId: AccountName,
    version: AccountFacts.shape.version,
    certifiedName: AccountFacts.shape.certifiedName,
    partner: AccountFacts.shape.partner,
    orders: count,
    contracts: count,
    refunds: count,
  })
  .meta({ id: 'ListedAccount' });

/** A part of a name, in one line. */
const Part = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}]+$/u);

const listAccounts = route({
  method: 'get',
  path: '/v1/accounts',
  operationId: 'listAccounts',
  summary:
    'Accounts by their ids, each with the number of its orders, contracts and refunds, as heard until now.',
  access: { operator: true },
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountName.optional(),
    certifiedName: Part.optional().meta({ description: 'A part of the certified name, in any case.' }),
    partnerType: PartnerType.optional(),
    partner: Part.optional().meta({
      description: 'A part of the name of the partner whose customer the account is, in any case.',
    }),
  }),
  answer: paged(ListedAccount),
  inTransaction: async (tx, { query: { limit, cursor, ...filter } }) => {
    const rows = await findAccounts(tx, { ...filter, ...pageRange({ limit, cursor }, IdPlace) });
    return {
      body: pageOf(rows, limit, {
        item: ({ facts: { accountId, version, certifiedName, partner }, ...counts }) => ({
          accountId,
          version,
          certifiedName,
          partner,
          ...counts,
        }),
        key: ({ facts }) => [facts.accountId],
      }),
    };
  },
});

/** EVT-14: accounts are the platform's; contracts take Party A from them, and operators find them here (API-19). */
export const accountRoutes: readonly Route[] = [putAccount, getAccount, listAccounts];
