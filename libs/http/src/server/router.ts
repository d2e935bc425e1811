/** One place of the path tree: `{orderId}` is a child of its own, tried after the literal ones. */
interface Place<H> {
  readonly literal: Map<string, Place<H>>;
  parameter?: Place<H>;
  readonly handlers: Map<string, { readonly names: readonly string[]; readonly handler: H }>;
}

interface RouteMatch<H> {
  readonly handler: H;
  readonly params: Readonly<Record<string, string>>;
}

interface Router<H> {
  /** @throws URIError where a segment cannot be decoded. */
  find(method: string, path: string): RouteMatch<H> | undefined;
  /** Methods that some route at the path takes. */
  allowed(path: string): string[];
}

const place = <H>(): Place<H> => ({ literal: new Map(), handlers: new Map() });
const parameter = /^\{(\w+)\}$/;

/** Every place the segments lead to, literal ones first; an empty segment is no parameter's value. */
function* placesAt<H>(
  at: Place<H>,
  segments: readonly string[],
  depth: number,
  values: readonly string[],
): Generator<{ at: Place<H>; values: readonly string[] }> {
  const segment = segments[depth];
  if (segment === undefined) return yield { at, values };
  const literal = at.literal.get(segment);
  if (literal) yield* placesAt(literal, segments, depth + 1, values);
  if (at.parameter && segment !== '')
    yield* placesAt(at.parameter, segments, depth + 1, [...values, segment]);
}

/**
 * Finds a request's route by its path's segments, whatever the number of routes. `/v1/orders/export` hides
 * `/v1/orders/{orderId}`, also for methods that it does not take.
 *
 * @throws Error where two routes have one method and path.
 */
export function routerOf<H>(
  routes: readonly { readonly method: string; readonly path: string; readonly handler: H }[],
): Router<H> {
  const root = place<H>();
  for (const { method, path, handler } of routes) {
    const names: string[] = [];
    let at = root;
    for (const segment of path.split('/')) {
      const name = parameter.exec(segment)?.[1];
      if (name) names.push(name);
      const next = (name ? at.parameter : at.literal.get(segment)) ?? place<H>();
      if (name) at.parameter = next;
      else at.literal.set(segment, next);
      at = next;
    }
    if (at.handlers.has(method)) throw new Error(`two routes for ${method} ${path}`);
    at.handlers.set(method, { names, handler });
  }
  /** The first that has a route: as OpenAPI has it, a path without parameters hides one with them. */
  const meant = (path: string) =>
    placesAt(root, path.split('/'), 0, []).find(({ at }) => at.handlers.size > 0);
  return {
    find(method, path) {
      const there = meant(path);
      const found = there?.at.handlers.get(method);
      if (!there || !found) return undefined;
      const value = (i: number) => decodeURIComponent(there.values[i]!);
      return {
        handler: found.handler,
        params: Object.fromEntries(found.names.map((name, i) => [name, value(i)])),
      };
    },
    allowed: (path) => [...(meant(path)?.at.handlers.keys() ?? [])],
  };
}
