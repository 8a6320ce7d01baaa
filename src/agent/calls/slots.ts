/** A bound on what runs at a time. */
export interface Slots {
  /** Runs `work` once there is room. Rejects when the signal fires while it waits. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Makes room for this many at a time; more wait in order. */
export function createSlots(size: number): Slots {
  const waiting: (() => void)[] = [];
  let free = size;

  async function take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const giveUp = (): void => {
      const place = waiting.indexOf(turn.resolve);
      // Its turn may have come in this very moment.
      if (place < 0) return;
      waiting.splice(place, 1);
      turn.reject(new Error("the call was given up"));
    };
    waiting.push(turn.resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await turn.promise;
    signal.removeEventListener("abort", giveUp);
  }

  return {
    async run(work, signal) {
      await take(signal);
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
