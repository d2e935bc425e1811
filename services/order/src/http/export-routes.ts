import { z } from 'zod';
import type { Tx } from '@accord/core';
import { Id } from '@accord/events/fields';
import {
  accountOf,
  accountRefusals,
  listFilter,
  paged,
  pageOf,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { getExport as readExport, listExports as readExports } from '../export/export-store.ts';
import { exportFormats, exportLifecycle, progressOf, type Export } from '../export/export.ts';
import { fileFormats } from '../export/file-writer.ts';
import { cancel, exportFile, startExport } from '../exporting.ts';
import { downloadOrders } from '../order-download.ts';
import { askedFilter, filterRefusals, OrderFilter, OrderFilterBody } from './order-filter.ts';
import { ListedAccountId } from './schemas.ts';

const Format = z.enum(exportFormats).meta({ id: 'ExportFormat' });
const contentTypes = exportFormats.map((format) => fileFormats[format].contentType);
const reader = { customer: 'orders:read', operator: true } as const;
const params = z.strictObject({ exportId: Id });
const Time = z.iso.datetime().nullable();

const ExportAnswer = z
  .object({
    exportId: z.string(),
    accountId: z.string(),
    format: Format,
    language: z.enum(['zh-CN', 'en']),
    status: z.enum(exportLifecycle.statuses).meta({ id: 'ExportStatus' }),
    progress: z.int().min(0).max(100).meta({ description: 'Percent; 100 once the file is ready.' }),
    rows: z.int().meta({ description: 'Orders in the file so far.' }),
    bytes: z.int().meta({ description: 'Of the file so far.' }),
    sha256: z.string().nullable().meta({ description: 'Of the file, in hex, once it is ready.' }),
    requestedAt: z.iso.datetime(),
    readyAt: Time,
    expiresAt: z.iso.datetime().meta({ description: 'The file is deleted then.' }),
    links: z.object({ file: z.string().nullable() }).meta({ id: 'ExportLinks' }),
  })
  .meta({ id: 'Export' });

const toExportAnswer = (job: Export): z.input<typeof ExportAnswer> => ({
  exportId: job.exportId,
  accountId: job.accountId,
  format: job.format,
  language: job.locale,
  status: job.status,
  progress: progressOf(job),
  rows: job.rowsWritten,
  bytes: job.bytes,
  sha256: job.sha256,
  requestedAt: job.requestedAt.toISOString(),
  readyAt: job.readyAt?.toISOString() ?? null,
  expiresAt: job.expiresAt.toISOString(),
  links: { file: job.status === 'ready' ? `/v1/exports/${job.exportId}/file` : null },
});

const exportOrders = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders/export',
    operationId: 'exportOrders',
    summary: 'Orders as CSV or XLSX, newest first, each as it is when it is read',
    access: { customer: 'orders:read', operator: true, platform: true },
    query: z.strictObject({ format: Format.default('csv'), ...OrderFilter.shape }),
    produces: contentTypes,
    refusals: filterRefusals,
    run: (db, { actor, locale, timeZone, query: { format, ...query } }) =>
      downloadOrders(db, profile, {
        actor,
        format,
        locale,
        filterOf: ({ now }) => askedFilter(query, { actor, timeZone, now }),
      }),
  });

const requestExport = (most: number) =>
  route({
    method: 'post',
    path: '/v1/exports',
    operationId: 'requestExport',
    summary: 'Has orders of an account written to a file, newest first, each as it is when it is read',
    access: reader,
    body: z.strictObject({ format: Format.default('csv'), filter: OrderFilterBody.default({}) }),
    example: { format: 'xlsx', filter: { status: 'paid' } },
    answer: ExportAnswer,
    success: [202, 200],
    refusals: [
      'export.already_running',
      'export.too_many_files',
      'export.too_many_rows',
      ...filterRefusals,
      ...accountRefusals,
    ],
    inTransaction: async (tx, { actor, locale, timeZone, body }) => {
      const { format, filter: asked } = body;
      const accountId = accountOf(actor, asked.accountId);
      const filter = askedFilter(asked, { actor, timeZone, now: tx.now });
      const job = await startExport(tx, { accountId, format, locale, filter }, most);
      return { status: 202, body: toExportAnswer(job), location: `/v1/exports/${job.exportId}` };
    },
    outcome: async (tx, { exportId }) => {
      const job = await readExport(tx, exportId);
      return job.status === 'running' ? undefined : { status: 200, body: toExportAnswer(job) };
    },
  });

const listExports = route({
  method: 'get',
  path: '/v1/exports',
  operationId: 'listExports',
  summary: 'Exports of an account, newest first; operators see all accounts',
  access: reader,
  query: z.strictObject({ ...pageQuery, accountId: ListedAccountId.optional() }),
  answer: paged(ExportAnswer),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx: Tx, request) => {
    const jobs = await readExports(tx, listFilter(request));
    const key = ({ requestedAt, exportId }: Export) => [requestedAt.toISOString(), exportId];
    return { body: pageOf(jobs, request.query.limit, { item: toExportAnswer, key }) };
  },
});

const getExport = route({
  method: 'get',
  path: '/v1/exports/{exportId}',
  operationId: 'getExport',
  summary: 'One export, with its progress in percent',
  access: reader,
  params,
  answer: ExportAnswer,
  refusals: ['export.not_found'],
  inTransaction: async (tx, { params: { exportId } }) => ({
    body: toExportAnswer(await readExport(tx, exportId)),
  }),
});

const downloadExport = route({
  method: 'get',
  path: '/v1/exports/{exportId}/file',
  operationId: 'downloadExport',
  summary: 'The file of an export, for 24 hours after it was made',
  access: reader,
  params,
  produces: contentTypes,
  refusals: ['export.not_found', 'export.not_ready', 'export.file_gone'],
  run: (db, { actor, params: { exportId } }) => exportFile(db, actor, exportId),
});

const cancelExport = route({
  method: 'post',
  path: '/v1/exports/{exportId}/cancel',
  operationId: 'cancelExport',
  summary: 'Ends an export before its file is made, or deletes the file',
  access: reader,
  params,
  answer: ExportAnswer,
  refusals: ['export.not_found', 'export.ended'],
  inTransaction: async (tx, { params: { exportId } }) => ({
    body: toExportAnswer(await cancel(tx, exportId)),
  }),
});

/** @param most orders of one job. */
export const exportRoutes = (profile: Profile, most: number): readonly Route[] => [
  exportOrders(profile),
  requestExport(most),
  listExports,
  getExport,
  downloadExport,
  cancelExport,
];
