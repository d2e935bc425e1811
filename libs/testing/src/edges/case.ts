import { z } from 'zod';
import type { Route } from '@accord/http';
import { sampleOf } from './sample.ts';
import type { TokenKind } from './tokens.ts';

/** One mistake of a caller, and the answer that it must get. */
export interface BadInput {
  /** `POST /v1/orders: unknown field` */
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a token that reaches the route. */
  readonly token?: TokenKind;
  /** One of these statuses. */
  readonly statuses: readonly number[];
  readonly code?: string;
  /** JSON pointer that one of the errors must name. */
  readonly pointer?: string;
}

export const changes = (route: Route) => route.method !== 'get';
export const takesBody = (route: Route) =>
  changes(route) && !route.upload && (route.method !== 'delete' || route.body !== undefined);
export const unknownField = JSON.stringify({ notAField: 1 });
export const json = { 'content-type': 'application/json' };

export const pathWith = (route: Route, value: string) => route.path.replaceAll(/\{\w+\}/g, value);

/** A path of the right form that names nothing there is. */
export const pathOf = (route: Route) => {
  const sample = (route.params && (sampleOf(route.params) as Record<string, unknown> | undefined)) ?? {};
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(sample[name] ?? 'none_1'));
};
export const fieldsOf = (schema: unknown): Record<string, z.ZodType> =>
  schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};

export const queryOf = (route: Route, changed: Record<string, string> = {}) => {
  const sample = route.query ? ((sampleOf(route.query) ?? {}) as Record<string, unknown>) : {};
  const pairs = Object.entries({ ...sample, ...changed }).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  return pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : '';
};
