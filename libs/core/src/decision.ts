import type { Fact } from '@accord/events';

/**
 * A pure decision: the next state and the facts that announce it. A step that no event tells of has no facts and
 * keeps its version (EVT-5).
 */
export type Decision<State> = {
  readonly state: State;
  readonly facts: readonly Fact[];
  /** The line it adds to the noun's history; absent where nothing changed or the noun keeps no history. */
  readonly history?: {
    /** One word of the noun: `paid`, `held_by_refund`. */
    readonly change: string;
    /** An id, or the asker's own words. */
    readonly note: string | null;
  };
};

/** The next version of a state, with `change`. */
export const amend = <State extends { readonly version: number }>(
  state: State,
  change: Partial<State>,
): State => ({ ...state, ...change, version: state.version + 1 });

/** The state stays as it is, and nothing is announced. */
export const unchanged = <State>(state: State): Decision<State> => ({ state, facts: [] });

export const changed = <State>(state: State, ...facts: readonly Fact[]): Decision<State> => ({
  state,
  facts,
});

/** As `changed`, for a noun that keeps a history: the line that this change adds comes before the facts. */
export const recorded = <State>(
  state: State,
  history: NonNullable<Decision<State>['history']>,
  ...facts: readonly Fact[]
): Decision<State> => ({ state, facts, history });
