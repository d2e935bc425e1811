export interface Bell {
  ring(): void;
  /** Forgets that it rang. */
  hush(): void;
  /** Until it rings, or `ms` are over; not at all where it rang since the last `hush`. */
  wait(ms: number): Promise<void>;
}

export function bellOf(): Bell {
  let rung = false;
  let wake: () => void = () => undefined;
  return {
    hush: () => void (rung = false),
    ring() {
      rung = true;
      wake();
    },
    async wait(ms: number) {
      if (rung) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    },
  };
}
