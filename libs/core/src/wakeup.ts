/** Ends a loop's pause early. A notification that comes while the loop works is not lost. */
export interface Wakeup {
  notify(): void;
  /** Forgets earlier notifications: the loop is about to look for itself. */
  reset(): void;
  /** Resolves at a notification or after `ms`; at once where one came since the last `reset`. */
  wait(ms: number): Promise<void>;
}

export function newWakeup(): Wakeup {
  let notified = false;
  const listeners = new Set<() => void>();
  return {
    reset: () => void (notified = false),
    notify() {
      notified = true;
      for (const wake of listeners) wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        if (notified) return resolve();
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
