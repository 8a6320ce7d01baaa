import { z } from "zod";
import type { ToolCallDelta } from "./model.ts";

const functionPart = z
  .object({
    name: z.string().nullish().catch(null),
    arguments: z.unknown(),
  })
  .nullish()
  .catch(null);

const toolCallPart = z.object({
  index: z.int().nonnegative().nullish().catch(null),
  id: z.string().nullish().catch(null),
  function: functionPart,
});

/** The parts of a chunk's delta that carry tool calls; `function_call` is the older form. */
export const toolCallFields = {
  tool_calls: z.array(z.unknown()).nullish().catch(null),
  function_call: functionPart,
};

export interface ToolCallFields {
  readonly tool_calls?: readonly unknown[] | null | undefined;
  readonly function_call?: z.infer<typeof functionPart>;
}

interface OpenCall {
  readonly index: number;
  /** The number that the server gave it. */
  readonly sent: number | undefined;
  readonly id: string;
}

/**
 * Creates a reader for the tool calls of one reply. Servers send calls in pieces or whole, with and without
 * `index` and `id`, all under the same index, and arguments as text or as objects. `newId` makes an id for
 * a call that has none.
 */
export function createToolCallReader(
  newId: () => string,
): (delta: ToolCallFields) => readonly ToolCallDelta[] {
  let calls = 0;
  let open: OpenCall | undefined;

  return ({ tool_calls, function_call }) => {
    const parts = (tool_calls ?? []).flatMap((part) => toolCallPart.safeParse(part).data ?? []);
    if (function_call) parts.push({ index: 0, id: null, function: function_call });
    return parts.flatMap((part): ToolCallDelta[] => {
      const text = argumentsText(part.function?.arguments);
      const name = part.function?.name || undefined;
      if (open !== undefined && continues(open, part, name)) {
        return text === "" ? [] : [{ type: "tool-call-delta", index: open.index, arguments: text }];
      }
      const id = part.id || newId();
      open = { index: calls++, sent: part.index ?? undefined, id: part.id ?? "" };
      const { index } = open;
      return [{ type: "tool-call-delta", index, id, name: name ?? "", arguments: text }];
    });
  };
}

/** Tells whether a part belongs to the call that is open. */
function continues(
  open: OpenCall,
  part: z.infer<typeof toolCallPart>,
  name: string | undefined,
): boolean {
  const another =
    part.id !== null && part.id !== undefined && part.id !== "" && part.id !== open.id;
  if (another && name !== undefined) return false;
  if (typeof part.index === "number") return part.index === open.sent;
  return name === undefined || (part.id !== "" && part.id === open.id);
}

function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

const idCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Makes an id of nine letters and digits, which is what the strictest servers accept. */
export function createCallId(random: () => number): string {
  return Array.from(
    { length: 9 },
    () => idCharacters[Math.floor(random() * idCharacters.length)],
  ).join("");
}
