import type { ProblemTexts } from '@accord/http';

/** Refusals of exports, in both languages (API-16). */
export const exportProblems = {
  'export.not_found': {
    kind: 'not_found',
    en: { title: 'No such export', detail: 'There is no export {exportId}.' },
    'zh-CN': { title: '导出任务不存在', detail: '导出任务 {exportId} 不存在。' },
  },
  'export.already_running': {
    kind: 'conflict',
    en: {
      title: 'An export is running',
      detail: 'An account has one export at a time: wait for it, or cancel it.',
    },
    'zh-CN': {
      title: '已有导出任务在进行',
      detail: '每个账户同时只能有一个导出任务，请等待其完成或将其取消。',
    },
  },
  'export.too_many_files': {
    kind: 'conflict',
    en: {
      title: 'Too many exports are kept',
      detail:
        'An account has at most {most} files at once; cancel one, or wait: each is deleted after 24 hours.',
    },
    'zh-CN': {
      title: '保留的导出文件过多',
      detail: '每个账户最多同时保留 {most} 个导出文件，请取消其中一个，或等待文件在生成 24 小时后删除。',
    },
  },
  'export.too_many_rows': {
    kind: 'invalid',
    en: {
      title: 'Too many orders for one export',
      detail: 'An export has at most {most} orders; ask for a shorter time.',
    },
    'zh-CN': { title: '导出的订单过多', detail: '一次最多导出 {most} 个订单，请缩短时间范围。' },
  },
  'export.not_ready': {
    kind: 'conflict',
    en: { title: 'The file is not ready', detail: 'Export {exportId} is still running.' },
    'zh-CN': { title: '文件尚未生成', detail: '导出任务 {exportId} 仍在进行。' },
  },
  'export.file_gone': {
    kind: 'conflict',
    en: {
      title: 'There is no file any more',
      detail: 'Export {exportId} was cancelled, or its file was deleted after 24 hours; ask for another one.',
    },
    'zh-CN': {
      title: '文件已不存在',
      detail: '导出任务 {exportId} 已取消，或其文件已在 24 小时后删除，请重新导出。',
    },
  },
  'export.ended': {
    kind: 'conflict',
    en: {
      title: 'The export has ended',
      detail: 'Only an export that runs or has its file is cancelled; this one is {status}.',
    },
    'zh-CN': {
      title: '导出任务已结束',
      detail: '只有进行中或文件仍保留的导出任务可以取消，当前状态为 {status}。',
    },
  },
} as const satisfies ProblemTexts;
