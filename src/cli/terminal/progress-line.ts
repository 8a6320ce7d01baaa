import type { EnvironmentProgress } from "../../execution/install-packages.ts";
import type { TerminalStream } from "../cli-context.ts";

/** Shows how far the Python environment is: a bar on a terminal, a line per step elsewhere. */
export interface ProgressLine {
  update(progress: EnvironmentProgress): void;
  /** Removes the bar. */
  end(): void;
}

const barWidth = 24;

/** Makes a progress display on a stream. */
export function createProgressLine(stream: TerminalStream): ProgressLine {
  let isShown = false;
  let last = "";

  function clear(): void {
    if (isShown) stream.write("\r\u001b[K");
    isShown = false;
  }

  return {
    update(progress) {
      const { phase, message, completed, total } = progress;
      if (stream.isTTY !== true || phase === "notice") {
        const line = phase === "notice" ? message : `${phase} ${message}`;
        // Every package is told once, not once more with its size.
        if (line.startsWith(last) && last !== "") return;
        clear();
        last = line;
        stream.write(`${line}\n`);
        return;
      }
      const filled = Math.round((completed / Math.max(total, 1)) * barWidth);
      const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
      const line = `${bar} ${completed}/${total} ${phase} ${message}`;
      clear();
      stream.write(line.slice(0, (stream.columns ?? 80) - 1));
      isShown = true;
    },
    end: clear,
  };
}
