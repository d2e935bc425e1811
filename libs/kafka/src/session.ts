/** Of a connection's session with the broker, ms. */
interface Session {
  /** Since it was authenticated. */
  readonly age: number;
  /** How long the broker keeps it; 0: for ever (`connections.max.reauth.ms`, the end of a token). */
  readonly lifetime: number;
}

/**
 * How much of its life passes before another is made, and before it is used no more: a request may be long on its
 * way.
 */
const [dueAfter, overAfter] = [0.6, 0.85] as const;

/** `due`: another takes its place as soon as there is one. `over`: the broker would close it. */
export function stateOf({ age, lifetime }: Session): 'good' | 'due' | 'over' {
  if (lifetime <= 0 || age < lifetime * dueAfter) return 'good';
  return age < lifetime * overAfter ? 'due' : 'over';
}
