import { constants } from "node:os";

/** Turns Ctrl-C and SIGTERM into an abort signal while a command works. */
export interface InterruptWatch extends Disposable {
  readonly signal: AbortSignal;
  /** The exit code for what arrived: 130 for Ctrl-C, 143 for SIGTERM. */
  readonly exitCode: number | undefined;
}

/** Starts to watch; the second Ctrl-C ends the process at once. */
export function watchInterrupts(onFirst: () => void): InterruptWatch {
  const controller = new AbortController();
  let exitCode: number | undefined;

  function onSignal(name: "SIGINT" | "SIGTERM"): void {
    if (exitCode !== undefined) process.exit(exitCode);
    exitCode = 128 + constants.signals[name];
    controller.abort();
    onFirst();
  }
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
