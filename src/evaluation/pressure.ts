import { setTimeout as sleep } from "node:timers/promises";

/** How many tasks may be played at once: fewer after trouble, slowly more again while all goes well. */
export interface Pressure {
  /** Waits until one more task may start. Rejects when the signal fires. */
  enter(signal: AbortSignal): Promise<void>;
  /** A task is over; `trouble` says that a service or the machine was overloaded. */
  leave(trouble: boolean): void;
  /** Tasks that may be played at once for the moment. */
  readonly width: number;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Creates pressure that lets at most `max` tasks in. The pause after trouble doubles each time. */
export function createPressure(max: number, pauseMs = firstPauseMs): Pressure {
  let width = max;
  let inside = 0;
  let good = 0;
  let pause = pauseMs;
  let closedUntil = 0;
  let change = Promise.withResolvers<void>();
  return {
    get width() {
      return width;
    },
    async enter(signal) {
      for (;;) {
        signal.throwIfAborted();
        const wait = closedUntil - performance.now();
        if (wait > 0) await sleep(wait, undefined, { signal });
        else if (inside < width) break;
        else await change.promise;
      }
      inside += 1;
    },
    leave(trouble) {
      inside -= 1;
      if (trouble) {
        width = Math.max(1, Math.floor(width / 2));
        good = 0;
        closedUntil = performance.now() + pause;
        pause = Math.min(pause * 2, longestPauseMs);
      } else {
        good += 1;
        pause = pauseMs;
        if (good >= width && width < max) {
          width += 1;
          good = 0;
        }
      }
      change.resolve();
      change = Promise.withResolvers<void>();
    },
  };
}
