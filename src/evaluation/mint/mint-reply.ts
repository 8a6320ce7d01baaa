/** What a reply asks for by MINT's rules. */
export type MintReply =
  | { readonly kind: "cell"; readonly code: string }
  | { readonly kind: "proposal"; readonly answer: string }
  /** `isProposal`: it uses up a proposal all the same. */
  | { readonly kind: "malformed"; readonly isProposal: boolean };

/** Reads a reply: any `<solution>` makes it a proposal, whatever else there is; several tags of a kind are one. */
export function readMintReply(reply: string): MintReply {
  if (reply.includes("<solution>")) {
    const answers = insides(reply, /<solution>([\s\S]*?)<\/solution>/g);
    return answers.length === 0
      ? { kind: "malformed", isProposal: true }
      : { kind: "proposal", answer: answers.join("\n") };
  }
  const cells = insides(reply, /<execute>([\s\S]*?)<\/execute>/g);
  if (cells.length === 0) return { kind: "malformed", isProposal: false };
  return { kind: "cell", code: cells.join("\n") };
}

function insides(text: string, tag: RegExp): readonly string[] {
  return [...text.matchAll(tag)].map((match) => match[1] ?? "");
}

const alfworldTools =
  "put|goto|take_from|open_receptacle|toggle|close_receptacle|clean|heat|cool|use|look";
const searchCall = /(?<![\w.])wikipedia_search\s*\(/;
const alfworldCall = new RegExp(`(?<![\\w.])(?:${alfworldTools})\\s*\\(`);

/**
 * Tells whether code calls a function that existed in MINT's interpreter only. ALFWorld's tools have everyday
 * names and were there for its own tasks alone, so elsewhere such a call is the code's own.
 */
export function callsForeignTool(code: string, task: string): boolean {
  return searchCall.test(code) || (task === "alfworld" && alfworldCall.test(code));
}
