export interface Wakeup {
  notify(): void;
  /** Forgets that it rang. */
  reset(): void;
  /** Until it rings, or `ms` are over; not at all where it rang since the last `hush`. */
  wait(ms: number): Promise<void>;
}

export function newWakeup(): Wakeup {
  let rung = false;
  const listeners = new Set<() => void>();
  return {
    reset: () => void (rung = false),
    notify() {
      rung = true;
      for (const wake of listeners) wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        if (rung) return resolve();
        const wake = () => {
          clearTimeout(timer);
          listeners.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        listeners.add(wake);
      }),
  };
}
