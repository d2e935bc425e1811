/** Connections to others that are made by TLS, and without it where it is asked for by name (API-17). */
export const wires = ['kafka', 'postgres', 'jwks', 'smtp', 'tsa'] as const;
type Wire = (typeof wires)[number];

/** Settings that say it, also before they were checked. */
export interface PlainWireSettings {
  readonly ACCORD_ENV?: string | undefined;
  /** Names of wires, comma between; `none`. */
  readonly ACCORD_PLAIN_WIRES?: string | undefined;
}

/** Whether a wire is without TLS. In development all of them are, where nothing else is said. */
export const isPlainWire = (
  wire: Wire,
  { ACCORD_ENV: env, ACCORD_PLAIN_WIRES: named }: PlainWireSettings,
): boolean => (named === undefined ? env === 'development' : named.split(',').includes(wire));
