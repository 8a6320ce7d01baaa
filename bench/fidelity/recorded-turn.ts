/** What a recorded reply asks for: a proposal and a malformed reply run no code. */
export type RecordedTurn =
  | { readonly kind: "cell"; readonly code: string }
  | { readonly kind: "proposal" }
  | { readonly kind: "malformed" };

/** Reads a reply by the rules of the recording: any `<solution>` makes it a proposal, several cells are one. */
export function readTurn(reply: string): RecordedTurn {
  if (reply.includes("<solution>")) {
    return { kind: reply.includes("</solution>") ? "proposal" : "malformed" };
  }
  const cells = [...reply.matchAll(/<execute>([\s\S]*?)<\/execute>/g)].map((match) => match[1]);
  if (cells.length === 0) return { kind: "malformed" };
  return { kind: "cell", code: cells.join("\n") };
}

const alfworldTools =
  "put|goto|take_from|open_receptacle|toggle|close_receptacle|clean|heat|cool|use|look";
const searchCall = /(?<![\w.])wikipedia_search\s*\(/;
const alfworldCall = new RegExp(`(?<![\\w.])(?:${alfworldTools})\\s*\\(`);

/**
 * Tells whether code calls a function that existed in the recording's interpreter only. ALFWorld's tools have
 * everyday names and were there for its own tasks alone, so elsewhere such a call is the code's own.
 */
export function callsForeignTool(code: string, task: string): boolean {
  return searchCall.test(code) || (task === "alfworld" && alfworldCall.test(code));
}
