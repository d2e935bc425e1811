import type { ProblemTexts } from '@accord/http';
import { webhookProblems } from './webhook-problems.ts';

export const problems = {
  ...webhookProblems,
  'notification.not_found': {
    kind: 'not_found',
    en: { title: 'No such message', detail: 'There is no message {notificationId}.' },
    'zh-CN': { title: '消息不存在', detail: '消息 {notificationId} 不存在。' },
  },
  'notification.not_dead': {
    kind: 'conflict',
    en: {
      title: 'The message is not dead',
      detail: 'Only a message that was given up can be sent again; this one is {status}.',
    },
    'zh-CN': { title: '消息未失败', detail: '只有已放弃发送的消息才能重新发送，该消息当前状态为 {status}。' },
  },
  'preference.mandatory': {
    kind: 'conflict',
    en: {
      title: 'Cannot be switched off',
      detail:
        'Messages of the class {messageClass} by {channel} are about your rights or your money: they always come.',
    },
    'zh-CN': {
      title: '不能关闭',
      detail: '{messageClass} 类的 {channel} 消息涉及您的权益或资金，为必达消息，不能关闭。',
    },
  },
  'sms.signature_invalid': {
    kind: 'forbidden',
    en: {
      title: 'Not signed by the gateway',
      detail: 'The signature is missing, of another key, of other bytes, or older than five minutes.',
    },
    'zh-CN': { title: '签名无效', detail: '签名缺失、密钥不符、内容不符，或已超过五分钟。' },
  },
  'timeline.not_found': {
    kind: 'not_found',
    en: { title: 'Nothing is known of it', detail: 'Nothing has happened to {id}, or it does not exist.' },
    'zh-CN': { title: '没有相关记录', detail: '{id} 没有任何记录，或者不存在。' },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}
