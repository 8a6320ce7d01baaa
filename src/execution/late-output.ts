import type { StreamOutput } from "./outcome.ts";

const maxCharacters = 64 * 1024;

/** What was written outside of its cell, until the next outcome takes it along; bounded. */
export interface LateOutput {
  add(name: StreamOutput["name"], text: string): void;
  /** Returns all of it and starts afresh. */
  take(): readonly StreamOutput[];
}

/** Creates an empty store of late output. */
export function createLateOutput(): LateOutput {
  let outputs: StreamOutput[] = [];
  let characters = 0;
  return {
    add(name, text) {
      if (characters > maxCharacters) return;
      characters += text.length;
      const last = outputs.at(-1);
      if (last?.name === name) outputs[outputs.length - 1] = { ...last, text: last.text + text };
      else outputs.push({ type: "stream", name, text });
    },
    take() {
      const taken = outputs;
      outputs = [];
      characters = 0;
      return taken;
    },
  };
}
