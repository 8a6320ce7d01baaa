import type { TerminalStream } from "../cli-context.ts";
import { styled } from "./terminal-text.ts";

/** A line that says what is being waited for, at the end of what was written. */
export interface ActivityLine extends Disposable {
  /** The stream to write to: what is written there first removes the line. */
  readonly stream: TerminalStream;
  /** Shows the line once nothing was written for a moment; on no terminal, never. */
  show(label: string): void;
  hide(): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const delayMs = 300;
const stepMs = 100;

/** Makes an activity line on a stream. */
export function createActivityLine(base: TerminalStream): ActivityLine {
  let isAtLineStart = true;
  let isShown = false;
  let label: string | undefined;
  let startedMs = 0;
  let lastWriteMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function erase(): void {
    if (isShown) base.write("\r\u001b[K");
    isShown = false;
  }

  function step(): void {
    const now = Date.now();
    if (label === undefined || !isAtLineStart || now - lastWriteMs < delayMs) return;
    const seconds = Math.floor((now - startedMs) / 1000);
    const frame = frames[Math.floor(now / stepMs) % frames.length] ?? "";
    const text = `${frame} ${label}${seconds > 1 ? ` ${seconds} s` : ""} · Ctrl-C interrupts`;
    erase();
    base.write(styled("dim", text.slice(0, (base.columns ?? 80) - 1), base));
    isShown = true;
  }

  // All that a stream has, but for `write`.
  const stream = Object.create(base, {
    write: {
      value(chunk: string | Uint8Array, ...rest: never[]): boolean {
        erase();
        if (chunk.length > 0) isAtLineStart = chunk.toString().endsWith("\n");
        lastWriteMs = Date.now();
        return base.write(chunk, ...rest);
      },
    },
  }) as TerminalStream;

  return {
    stream,
    show(next) {
      if (base.isTTY !== true) return;
      if (label !== next) startedMs = Date.now();
      label = next;
      timer ??= setInterval(step, stepMs).unref();
    },
    hide() {
      label = undefined;
      erase();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      erase();
    },
  };
}
