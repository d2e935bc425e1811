export interface Bell {
  ring(): void;
  /** Forgets that it rang. */
  hush(): void;
  /** Until it rings, or `ms` are over; not at all where it rang since the last `hush`. */
  wait(ms: number): Promise<void>;
}

export function bellOf(): Bell {
  let rung = false;
  const listeners = new Set<() => void>();
  return {
    hush: () => void (rung = false),
    ring() {
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
