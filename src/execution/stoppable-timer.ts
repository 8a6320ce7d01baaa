import { timerDelay } from "../timer-delay.ts";

/** A timer whose clock can stand still. */
export interface StoppableTimer {
  pause(): void;
  resume(): void;
  /** Ends it; `onElapsed` is not called any more. */
  clear(): void;
}

/** Starts a timer that calls `onElapsed` once after this much time in which it was not paused. */
export function startTimer(onElapsed: () => void, delayMs: number): StoppableTimer {
  let leftMs = delayMs;
  let startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined = setTimeout(onElapsed, timerDelay(leftMs));

  return {
    pause() {
      if (timer === undefined) return;
      clearTimeout(timer);
      timer = undefined;
      leftMs -= performance.now() - startedMs;
    },
    resume() {
      if (timer !== undefined) return;
      startedMs = performance.now();
      timer = setTimeout(onElapsed, timerDelay(leftMs));
    },
    clear() {
      clearTimeout(timer);
    },
  };
}
