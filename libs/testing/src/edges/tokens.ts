import { customerScopes, type CustomerScope } from '@accord/http/server';
import { everyScope, startIssuer } from '../issuer.ts';
import type { TestService } from '../test-service.ts';

const past = () => Math.floor(Date.now() / 1_000) - 60;

const customerWith =
  (...scopes: readonly CustomerScope[]) =>
  ({ issuer }: TestService) =>
    issuer.token({ account_id: 'acc_bad', scope: scopes.join(' ') });

/** Customers' tokens by scope: with that one alone, and with all others. */
const tokensByScope = Object.fromEntries(
  customerScopes.flatMap((scope) => [
    [`only ${scope}`, customerWith(scope)],
    [`all but ${scope}`, customerWith(...customerScopes.filter((other) => other !== scope))],
  ]),
) as Record<`${'only' | 'all but'} ${CustomerScope}`, (t: TestService) => Promise<string>>;

/** Every kind of token that a caller may send (API-4). */
export const tokens = {
  ...tokensByScope,
  none: () => Promise.resolve(undefined),
  garbage: () => Promise.resolve('not.a.token'),
  unsigned: ({ issuer: { issuer } }: TestService) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: issuer, aud: 'accord', sub: 'op_1', scope: 'operator', exp: past() + 3_600 };
    return Promise.resolve(`${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`);
  },
  otherIssuer: ({ issuer }: TestService) =>
    issuer.token({ iss: 'https://elsewhere.example', scope: 'operator' }),
  otherAudience: ({ issuer }: TestService) => issuer.token({ aud: 'somebody-else', scope: 'operator' }),
  otherKey: async ({ issuer }: TestService) => {
    const stranger = await startIssuer();
    const token = await stranger.token({ iss: issuer.issuer, scope: 'operator' });
    await stranger.close();
    return token;
  },
  expired: ({ issuer }: TestService) => issuer.token({ exp: past(), scope: 'operator' }),
  badAccount: ({ issuer }: TestService) => issuer.token({ account_id: `x' or 1=1`, scope: everyScope }),
  severalKinds: ({ issuer }: TestService) =>
    issuer.token({ account_id: 'acc_bad', scope: `operator ${everyScope}` }),
  noKind: ({ issuer }: TestService) => issuer.token({ scope: everyScope }),
  customerWithoutScope: ({ issuer }: TestService) =>
    issuer.token({ account_id: 'acc_bad', scope: 'nothing:read' }),
  customer: ({ issuer }: TestService) => issuer.token({ account_id: 'acc_bad', scope: everyScope }),
  operator: ({ issuer }: TestService) => issuer.token({ sub: 'op_bad', scope: 'operator' }),
  platform: ({ issuer }: TestService) => issuer.token({ sub: 'platform_bad', scope: 'platform' }),
} satisfies Record<string, (t: TestService) => Promise<string | undefined>>;

export type TokenKind = keyof typeof tokens;

/** Tokens that reach no route, with status and code. */
export const refusedTokens: readonly (readonly [TokenKind, number, string])[] = [
  ['none', 401, 'auth.token_missing'],
  ['garbage', 401, 'auth.token_invalid'],
  ['unsigned', 401, 'auth.token_invalid'],
  ['otherIssuer', 401, 'auth.token_invalid'],
  ['otherAudience', 401, 'auth.token_invalid'],
  ['otherKey', 401, 'auth.token_invalid'],
  ['expired', 401, 'auth.token_invalid'],
  ['badAccount', 401, 'auth.token_invalid'],
  ['severalKinds', 403, 'auth.token_ambiguous'],
  ['noKind', 403, 'auth.account_missing'],
  ['customerWithoutScope', 403, 'auth.scope_missing'],
];
