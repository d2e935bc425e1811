import { z } from 'zod';
import { AccountId, Id } from '@accord/events/fields';
import { accountOf, accountRefusals, route, type Route } from '@accord/http';
import { mostInstancesOfQuote, type Profile } from '@accord/profile';
import { quote } from '../quotation.ts';
import * as quoteStore from '../refund/quote-store.ts';
import { QuoteAnswer, reader, toQuoteAnswer, writer } from './schemas.ts';

const AskQuote = z
  .strictObject({
    instanceIds: z
      .array(Id)
      .min(1)
      .max(mostInstancesOfQuote)
      .refine((ids) => new Set(ids).size === ids.length, {
        message: 'names each instance once',
        params: { 'zh-CN': '每个实例只能出现一次' },
      })
      .meta({ uniqueItems: true })
      .optional(),
    bundleId: Id.optional().meta({ description: 'Instead: all instances of a bundle, whatever its size.' }),
    accountId: AccountId.optional().meta({ description: 'For operators: whose instances.' }),
  })
  .refine(({ instanceIds, bundleId }) => (instanceIds === undefined) !== (bundleId === undefined), {
    message: 'names either instanceIds or bundleId',
    params: { 'zh-CN': '请指定 instanceIds 或 bundleId 之一' },
  })
  .meta({
    not: {
      anyOf: [
        { required: ['instanceIds', 'bundleId'] },
        { not: { anyOf: [{ required: ['instanceIds'] }, { required: ['bundleId'] }] } },
      ],
    },
  });

const quoteRefund = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/refund-quotes',
    operationId: 'quoteRefund',
    summary: 'What each instance would give back now, and everything against it. Changes nothing.',
    access: writer,
    body: AskQuote,
    example: { instanceIds: ['i-bp1a2b3c'] },
    answer: QuoteAnswer,
    success: [201],
    refusals: ['refund.mixed_currencies', 'refund.bundle_not_found', ...accountRefusals],
    inTransaction: async (tx, { body: { accountId, ...ask }, actor, locale }) => {
      const made = await quote(tx, profile, { accountId: accountOf(actor, accountId), ...ask });
      return {
        status: 201,
        body: toQuoteAnswer({ ...made, refundId: null }, locale),
        location: `/v1/refund-quotes/${made.quoteId}`,
      };
    },
  });

const getQuote = route({
  method: 'get',
  path: '/v1/refund-quotes/{quoteId}',
  operationId: 'getQuote',
  summary: 'A quote as it was made.',
  access: reader,
  params: z.strictObject({ quoteId: Id }),
  answer: QuoteAnswer,
  refusals: ['refund.quote_not_found'],
  inTransaction: async (tx, { params: { quoteId }, locale }) => ({
    body: toQuoteAnswer(await quoteStore.getQuote(tx, quoteId), locale),
  }),
});

export const quoteRoutes = (profile: Profile): Route[] => [quoteRefund(profile), getQuote];
