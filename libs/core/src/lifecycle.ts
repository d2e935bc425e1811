import { Refusal } from './refusal.ts';

type Table<T> = { readonly [S in keyof T]: { readonly [action: string]: keyof T } };
type Action<T> = { [S in keyof T]: keyof T[S] }[keyof T] & string;

/**
 * A noun's lifecycle as one table, status × action → status; a status without actions is an end.
 *
 * @throws Error when the module loads, if a status cannot be reached from `start`.
 */
export function lifecycle<const T extends Table<T>>(noun: string, start: keyof T & string, table: T) {
  type Status = keyof T & string;
  const moves = table as unknown as Record<Status, Record<string, Status>>;
  const statuses = Object.keys(moves) as Status[];

  const reachable = new Set<Status>([start]);
  for (const status of reachable) Object.values(moves[status]).forEach((next) => reachable.add(next));
  const orphan = statuses.find((status) => !reachable.has(status));
  if (orphan) throw new Error(`${noun}: no way leads from "${start}" to "${orphan}"`);

  return {
    noun,
    start,
    statuses,
    /** For the generated page docs/lifecycles.md. */
    moves: moves as Readonly<Record<Status, Readonly<Record<string, Status>>>>,
    allows: (status: Status, action: Action<T>) => action in moves[status],
    ends: statuses.filter((status) => Object.keys(moves[status]).length === 0),
    /** The status after `action`. @throws Refusal `<noun>.transition_refused` where the table has none. */
    after(status: Status, action: Action<T>): Status {
      const next: Status | undefined = moves[status][action];
      if (next) return next;
      throw new Refusal('conflict', `${noun}.transition_refused` as Refusal['code'], { status, action });
    },
  };
}
