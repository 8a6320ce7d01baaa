import type { Exchange } from "../exchange.ts";

/** A conversation as it is exported. */
export interface ExportedConversation {
  readonly title: string;
  /** The models that answered, in the order of their first answer. */
  readonly models: readonly string[];
  /** Of the interpreter, such as `3.12.1`. */
  readonly pythonVersion?: string;
  readonly exchanges: readonly Exchange[];
}

/** One line that says how a cell ended, where its outputs don't. */
export function endingOf(status: string | undefined): string | undefined {
  switch (status) {
    case undefined:
      return "[The interpreter was lost while this ran.]";
    case "timeout":
      return "[Stopped at its time limit.]";
    case "interrupted":
      return "[Interrupted.]";
    case "crashed":
      return "[The interpreter crashed.]";
    default:
      return undefined;
  }
}
