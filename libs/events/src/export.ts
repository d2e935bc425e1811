import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, Version } from './fields.ts';

export const exportEvents = {
  'export.ready': event({
    speaker: 'order',
    aggregate: 'export',
    summary: 'A requested export can be downloaded.',
    data: z.object({
      exportId: z.string(),
      version: Version,
      accountId: AccountId,
      sha256: z.string(),
      expiresAt: Moment,
    }),
    about: (data) => ({
      id: data.exportId,
      version: data.version,
      accountId: data.accountId,
    }),
  }),
};
