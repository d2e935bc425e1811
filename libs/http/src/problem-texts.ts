import type { Locale, Refusal } from '@accord/core';

/** `{name}` in a detail is filled from the refusal's facts. */
type Words = { readonly [L in Locale]: { readonly title: string; readonly detail: string } };
type Kind = Refusal['kind'];
type Code = `${string}.${string}`;

/** Words of each refusal of a service, and its kind, which makes its status; a few have another at another time. */
export type ProblemTexts = {
  readonly [code: Code]: Words & { readonly kind: Kind | readonly Kind[] };
};

const edgeTexts = {
  'request.invalid': {
    en: {
      title: 'The request is not valid',
      detail: 'The request does not fit its description; see `errors` for each place.',
    },
    'zh-CN': { title: '请求无效', detail: '请求与接口说明不符，具体位置见 errors。' },
  },
  'request.refused': {
    en: { title: 'The request was refused', detail: 'The request cannot be done in the present state.' },
    'zh-CN': { title: '请求被拒绝', detail: '当前状态下无法执行该请求。' },
  },
  'request.bad_json': {
    en: { title: 'The body is not JSON', detail: 'The body could not be read as JSON in UTF-8.' },
    'zh-CN': { title: '请求体不是 JSON', detail: '无法按 UTF-8 编码的 JSON 解析请求体。' },
  },
  'request.too_large': {
    en: {
      title: 'The body is too large',
      detail: 'A body has at most 1 MiB, an uploaded file at most 64 MiB, one that is kept at most 20 MiB.',
    },
    'zh-CN': {
      title: '请求体过大',
      detail: '请求体最大为 1 MiB，上传的文件最大为 64 MiB，需要保存的文件最大为 20 MiB。',
    },
  },
  'event.too_large': {
    kind: 'invalid',
    en: {
      title: 'Too much for one event',
      detail: 'The change of {id} does not fit one event, so it was not made. Change less at a time.',
    },
    'zh-CN': { title: '内容过多', detail: '{id} 的变更超出单个事件的容量，未生效。请减少单次变更的内容。' },
  },
  'request.content_type': {
    en: { title: 'The content type is not supported', detail: 'Send {expected}, not compressed, in UTF-8.' },
    'zh-CN': { title: '不支持的内容类型', detail: '请以 UTF-8、不压缩的方式发送 {expected}。' },
  },
  'request.unreadable': {
    en: { title: 'The request cannot be read', detail: 'This is no HTTP, or it asks for no URL.' },
    'zh-CN': { title: '无法读取请求', detail: '这不是 HTTP 请求，或请求的地址不是 URL。' },
  },
  'request.headers_too_large': {
    en: {
      title: 'The headers are too large',
      detail: 'The headers of a request have at most 16 KiB together.',
    },
    'zh-CN': { title: '请求头过大', detail: '一个请求的全部请求头最大为 16 KiB。' },
  },
  'request.timeout': {
    en: {
      title: 'The request came too slowly',
      detail: 'A request is sent within 30 seconds, its headers within 10.',
    },
    'zh-CN': { title: '请求发送超时', detail: '请求须在 30 秒内发送完毕，请求头须在 10 秒内。' },
  },
  'request.expectation': {
    en: { title: 'The expectation is not met', detail: 'Of Expect, `100-continue` alone is known.' },
    'zh-CN': { title: '无法满足期望', detail: 'Expect 请求头仅支持 100-continue。' },
  },
  'request.file_expected': {
    en: {
      title: 'The file itself is expected',
      detail:
        'Send the bytes of one file as application/pdf or application/octet-stream, or the file in a ' +
        'multipart/form-data form: neither empty nor encoded.',
    },
    'zh-CN': {
      title: '需要文件本身',
      detail:
        '请以 application/pdf 或 application/octet-stream 直接发送一个文件的内容，' +
        '或以 multipart/form-data 表单上传一个文件；文件不得为空，也不得经过编码。',
    },
  },
  'request.bad_form': {
    en: { title: 'The form cannot be read', detail: 'The body does not fit multipart/form-data.' },
    'zh-CN': { title: '无法读取表单', detail: '请求体不符合 multipart/form-data 格式。' },
  },
  'request.unknown_route': {
    en: { title: 'No such route', detail: 'Nothing is served at this path.' },
    'zh-CN': { title: '路径不存在', detail: '该路径未提供任何服务。' },
  },
  'request.method_not_allowed': {
    en: { title: 'The method is not allowed', detail: 'This path takes {allowed}.' },
    'zh-CN': { title: '不允许的方法', detail: '该路径只接受 {allowed}。' },
  },
  'request.rate_limited': {
    en: { title: 'Too many requests', detail: 'Try again in {seconds} seconds.' },
    'zh-CN': { title: '请求过于频繁', detail: '请在 {seconds} 秒后重试。' },
  },
  'request.range_reversed': {
    kind: 'invalid',
    en: { title: 'The time range ends before it begins', detail: 'The range is {from} to {to}.' },
    'zh-CN': { title: '时间范围颠倒', detail: '时间范围为 {from} 至 {to}。' },
  },
  'request.bad_cursor': {
    kind: 'invalid',
    en: { title: 'The cursor is not valid', detail: 'Send the `nextCursor` of the page before, unchanged.' },
    'zh-CN': { title: '分页游标无效', detail: '请原样传回上一页的 nextCursor。' },
  },
  'request.version_mismatch': {
    kind: 'precondition',
    en: {
      title: 'The version has changed',
      detail:
        'If-Match names version {expected}, the present version is {actual}. Read again and decide again.',
    },
    'zh-CN': {
      title: '版本已变化',
      detail: 'If-Match 指定版本 {expected}，当前版本为 {actual}。请重新读取后再操作。',
    },
  },
  'request.account_not_yours': {
    kind: 'invalid',
    en: { title: 'The account is not yours', detail: 'A customer acts for the account of the token alone.' },
    'zh-CN': { title: '账户不属于您', detail: '客户只能操作令牌所属的账户。' },
  },
  'request.account_required': {
    kind: 'invalid',
    en: { title: 'An account is required', detail: 'Name the account this is about in `accountId`.' },
    'zh-CN': { title: '缺少账户', detail: '请在 accountId 中指明所涉及的账户。' },
  },
  'auth.token_missing': {
    en: { title: 'A token is required', detail: 'Send `Authorization: Bearer …`.' },
    'zh-CN': { title: '缺少令牌', detail: '请发送 Authorization: Bearer … 请求头。' },
  },
  'auth.token_invalid': {
    en: {
      title: 'The token is not valid',
      detail: 'The token is malformed, expired, or not issued for this service.',
    },
    'zh-CN': { title: '令牌无效', detail: '令牌格式错误、已过期，或并非为本服务签发。' },
  },
  'auth.token_ambiguous': {
    en: {
      title: 'The token is of more than one kind',
      detail: 'A token speaks for one account, for an operator, or for the platform.',
    },
    'zh-CN': { title: '令牌身份不唯一', detail: '一个令牌只能代表一个账户、一名运营人员或平台。' },
  },
  'auth.account_missing': {
    en: { title: 'The token names no account', detail: 'A customer’s token carries `account_id`.' },
    'zh-CN': { title: '令牌未指明账户', detail: '客户令牌必须包含 account_id。' },
  },
  'auth.scope_missing': {
    en: { title: 'The token does not reach this', detail: 'This needs {needed}.' },
    'zh-CN': { title: '令牌权限不足', detail: '需要 {needed}。' },
  },
  'idempotency.key_required': {
    en: {
      title: 'An idempotency key is required',
      detail: 'Send an `Idempotency-Key` that is new for each intent and the same for each repeat.',
    },
    'zh-CN': {
      title: '缺少幂等键',
      detail: '请发送 Idempotency-Key：每次新的意图使用新值，重试使用相同值。',
    },
  },
  'idempotency.key_invalid': {
    en: {
      title: 'The idempotency key is not valid',
      detail:
        'An `Idempotency-Key` has 1 to {longest} characters, all of ASCII and none a control character.',
    },
    'zh-CN': { title: '幂等键无效', detail: 'Idempotency-Key 由 1 至 {longest} 个 ASCII 可见字符组成。' },
  },
  'idempotency.key_reused': {
    en: {
      title: 'The idempotency key was used before',
      detail: 'Something else was asked with this `Idempotency-Key`.',
    },
    'zh-CN': { title: '幂等键已被使用', detail: '该 Idempotency-Key 曾用于不同的请求。' },
  },
  'idempotency.in_progress': {
    en: {
      title: 'The first request is still running',
      detail: 'A request with this `Idempotency-Key` is under way; repeat in a moment.',
    },
    'zh-CN': { title: '首次请求仍在处理', detail: '使用该 Idempotency-Key 的请求正在处理，请稍后重试。' },
  },
  'server.error': {
    en: {
      title: 'Something went wrong here',
      detail: 'It was not your request. Name the request id when you ask about it.',
    },
    'zh-CN': { title: '服务内部错误', detail: '并非您的请求有误。咨询时请提供请求编号。' },
  },
  'server.unavailable': {
    kind: 'unavailable',
    en: {
      title: 'The service cannot answer now',
      detail: 'Something it depends on is away, or too much is asked of it at once. Try again in a moment.',
    },
    'zh-CN': { title: '服务暂不可用', detail: '所依赖的部分暂不可用，或同时请求过多，请稍后重试。' },
  },
} as const satisfies { readonly [code: Code]: Words & { readonly kind?: Kind } };

/** The same of what the edge itself refuses, on every service (API-16); a kind where a route says it. */
export const problemTexts: { readonly [code: Code]: Words & { readonly kind?: Kind } } = edgeTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof edgeTexts, true> {}
}
