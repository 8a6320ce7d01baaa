/** What a recorded reply asks for: a proposal and a malformed reply run no code. */
export type RecordedTurn =
  | { readonly kind: "cell"; readonly code: string }
  | { readonly kind: "proposal" }
  | { readonly kind: "malformed" };

/** Reads a reply by the rules of the recording: any `<solution>` makes it a proposal, several cells are one. */
export function readTurn(reply: string): RecordedTurn {
  if (/<solution>[\s\S]*?<\/solution>/.test(reply)) return { kind: "proposal" };
  const cells = [...reply.matchAll(/<execute>([\s\S]*?)<\/execute>/g)].map((match) => match[1]);
  if (cells.length === 0) return { kind: "malformed" };
  return { kind: "cell", code: cells.join("\n") };
}

/** Functions that existed in the recording's interpreter only: the search, and ALFWorld's tools. */
const foreignTools = [
  "wikipedia_search",
  "put",
  "goto",
  "take_from",
  "open_receptacle",
  "toggle",
  "close_receptacle",
  "clean",
  "heat",
  "cool",
  "use",
  "look",
];

const foreignCall = new RegExp(`(?<![\\w.])(?:${foreignTools.join("|")})\\s*\\(`);

/** Tells whether code calls one of the tools; a function of the same name that the code defines is none. */
export function callsForeignTool(code: string): boolean {
  const call = foreignCall.exec(code);
  return call !== null && !definesFunction(code, call[0].replace(/\s*\($/, ""));
}

function definesFunction(code: string, name: string): boolean {
  return new RegExp(`^\\s*def\\s+${name}\\s*\\(`, "m").test(code);
}
