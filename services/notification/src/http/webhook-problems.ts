import type { ProblemTexts } from '@accord/http';

/** Of webhooks (NTF-7 to NTF-10). */
export const webhookProblems = {
  'webhook.not_found': {
    kind: 'not_found',
    en: { title: 'No such webhook endpoint', detail: 'There is no webhook endpoint {endpointId}.' },
    'zh-CN': { title: 'Webhook 端点不存在', detail: 'Webhook 端点 {endpointId} 不存在。' },
  },
  'webhook.url_refused': {
    kind: 'invalid',
    en: {
      title: 'The URL cannot be an endpoint',
      detail:
        'An endpoint is reached by https, at a port that is allowed, under a public name or address, without a user ' +
        'in its URL. This one is refused: {reason}.',
    },
    'zh-CN': {
      title: '该 URL 不能作为端点',
      detail:
        '端点须使用 https、允许的端口以及公网域名或地址，且 URL 中不得包含用户信息。拒绝原因：{reason}。',
    },
  },
  'webhook.type_unknown': {
    kind: 'invalid',
    en: {
      title: 'No such event type',
      detail: 'No event is of the type {type}. GET /v1/asyncapi.json has them all.',
    },
    'zh-CN': {
      title: '事件类型不存在',
      detail: '没有类型为 {type} 的事件，全部类型见 GET /v1/asyncapi.json。',
    },
  },
  'webhook.too_many': {
    kind: 'conflict',
    en: {
      title: 'Too many webhook endpoints',
      detail: 'There are at most {most} of one owner. Delete one first.',
    },
    'zh-CN': { title: 'Webhook 端点过多', detail: '每个所有者最多 {most} 个端点，请先删除不再使用的端点。' },
  },
  'webhook.not_configured': {
    kind: 'conflict',
    en: {
      title: 'Webhooks are not set up here',
      detail: 'The provider has not set the key that secrets are made of (ACCORD_WEBHOOK_KEYS).',
    },
    'zh-CN': { title: '未启用 Webhook', detail: '服务方尚未配置用于生成签名密钥的 ACCORD_WEBHOOK_KEYS。' },
  },
} as const satisfies ProblemTexts;
