import type { TestService } from '../test-service.ts';
import { json, pathOf, queryOf } from './case.ts';
import { tokens } from './tokens.ts';

/**
 * Sends each route's example of a body, with a token that reaches the route. @returns a line for each that was
 * not taken as a request of the right form, whatever the domain makes of it (API-3).
 */
export async function flawsOfExamples(t: TestService): Promise<string[]> {
  const client = t.anonymous();
  const flaws: string[] = [];
  for (const route of t.running.service.routes) {
    if (route.example === undefined) continue;
    const { access } = route;
    const kind =
      access === 'anyone' ? 'none' : access.customer ? 'customer' : access.operator ? 'operator' : 'platform';
    const token = await tokens[kind](t);
    const method = route.method.toUpperCase();
    const headers = {
      ...json,
      'idempotency-key': `example-${route.operationId}`,
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const { status, body } = await client.send(
      method,
      pathOf(route) + queryOf(route),
      JSON.stringify(route.example),
      headers,
    );
    if ([400, 401, 413, 415].includes(status) || status >= 500 || body?.code === 'auth.scope_missing')
      flaws.push(`${method} ${route.path}: ${status} ${JSON.stringify(body)}`);
  }
  return flaws;
}
