import { z } from 'zod';
import { AccountFacts } from '@accord/events';
import { type Route, route } from '@accord/platform';
import { getAccount, putAccount } from './party.ts';

const AccountName = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);
const ById = z.strictObject({ accountId: AccountName });
const { version, partner, contacts, address } = AccountFacts.shape;
/** One line of a contract's face. */
const Line = z.string().trim().min(1).max(400).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u).nullable().default(null);

const isTimeZone = (zone: string) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
};

/** The account's whole state: what is left out is not known of it. */
const Facts = z.strictObject({
  version,
  certifiedName: Line,
  certificate: Line,
  invoiceTitle: Line,
  partner: z.strictObject(partner.unwrap().shape).nullable().default(null),
  contacts: z
    .array(z.strictObject({ ...contacts.element.shape, timeZone: z.string().refine(isTimeZone, 'is an IANA time zone: Asia/Shanghai') }))
    .max(50)
    .default([]),
  address: z.strictObject(address.unwrap().shape).nullable().default(null),
});

/** EVT-14: accounts are the platform's; contracts take Party A from them. */
export const accountRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v1/accounts/{accountId}',
    summary: 'Tells the facts of an account at a version of the platform; an older version changes nothing.',
    access: { platform: true },
    params: ById,
    body: Facts,
    answer: AccountFacts,
    inTransaction: async (tx, { params, body }) => {
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
