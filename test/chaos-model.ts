import { setImmediate } from "node:timers/promises";
import { CodeActError } from "../src/errors.ts";
import type { FinishReason, Model, ModelEvent, ModelRequest } from "../src/models/model.ts";

/** Draws from one seed: the same seed gives the same draws. */
export interface Dice {
  /** From 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** True in one of `times` draws. */
  oneIn(times: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Makes dice of the generator mulberry32. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    oneIn: (times) => below(times) === 0,
    pick: (choices) => choices[below(choices.length)]!,
  };
}

const code = [
  "print(1)",
  "x = 1\nx",
  "1 / 0",
  "undefined_name",
  "for i in range(3):\n    print(i)",
  "if True\n  print",
  "print('a' * 20_000)",
  "'</execute>'",
  "final_answer(42)",
  "search('a')",
  "raise SystemExit(3)",
  "",
  "\u0000",
];

const fragments = [
  "<execute>",
  "</execute>",
  "```",
  "```python\n",
  "<tool_call>",
  "</tool_call>",
  '{"name": "execute_python", "arguments": {"code": "',
  '"}}',
  "[TOOL_CALLS]",
  "Action:",
  "End Action",
  "Answer:",
  "<think>",
  "</think>",
  "<|im_end|>",
  "Execution Output:\n",
  "\n",
  " ",
  '"',
  "'",
  '"""',
  "\\",
  "\ud83d",
  "é",
  "print(1)",
  "I cannot help with that.",
];

const reasons: readonly FinishReason[] = ["stop", "length", "content-filter", "aborted", "error"];

/** Creates a model that answers with anything: good actions, broken ones, faults, silence, floods. */
export function createChaosModel(dice: Dice): Model {
  function text(): string {
    const snippet = dice.pick(code);
    switch (dice.below(12)) {
      case 0:
        return "It is 42.";
      case 1:
        return "";
      case 2:
        return `I look.\n<execute>\n${snippet}\n</execute>`;
      case 3:
        return `\`\`\`python\n${snippet}\n\`\`\`\nand more`;
      case 4:
        return `<execute>\n${snippet}`;
      case 5:
        return `<tool_call>\n${JSON.stringify({ name: dice.pick(["execute_python", "search", "f"]), arguments: { code: snippet } })}\n</tool_call>`;
      case 6:
        return `Action: {"tool": "${dice.pick(["search", "fly"])}", "args": ["a"]} End Action`;
      case 7:
        return `Action: ${dice.pick(["search, a", "fly, b", ""])} End Action`;
      case 8:
        return "Answer: 42";
      case 9:
        return dice.pick(fragments).repeat(dice.oneIn(20) ? 20_000 : 3);
      default:
        return Array.from({ length: dice.below(15) }, () => dice.pick(fragments)).join("");
    }
  }

  function calls(): ModelEvent[] {
    const count = dice.pick([1, 1, 1, 2, 3]);
    return Array.from({ length: count }, (_, index): ModelEvent[] => {
      const written = dice.pick([
        JSON.stringify({ code: dice.pick(code) }),
        dice.pick(code),
        `{"code": "${dice.pick(code)}"`,
        JSON.stringify(JSON.stringify({ code: dice.pick(code) })),
        Array.from({ length: dice.below(9) }, () => dice.pick(fragments)).join(""),
        "{}",
        "",
      ]);
      const name = dice.pick(["execute_python", "execute_python", "python", "search", "", "a b"]);
      const id = dice.pick(["", "same", `c${dice.below(1e6)}`]);
      const place = dice.oneIn(8) ? dice.below(4) : index;
      const [first = "", ...rest] = pieces(written);
      return [
        { type: "tool-call-delta", index: place, id, name, arguments: first },
        ...rest.map(
          (part) => ({ type: "tool-call-delta", index: place, arguments: part }) as const,
        ),
      ];
    }).flat();
  }

  function pieces(whole: string): string[] {
    const size = dice.pick([1, 3, 10, 1000]);
    const limit = whole.length > 5000 ? Math.max(size, 1000) : size;
    return whole.match(new RegExp(`[^]{1,${limit}}`, "g")) ?? [];
  }

  function script(): ModelEvent[] {
    const events: ModelEvent[] = [];
    if (!dice.oneIn(4)) {
      events.push(...pieces(text()).map((part) => ({ type: "text-delta", text: part }) as const));
    }
    if (dice.oneIn(3)) events.push(...calls());
    if (dice.oneIn(10)) events.push({ type: "text-delta", text: "afterthought" });
    if (!dice.oneIn(4)) {
      const usage = { inputTokens: dice.below(2000), outputTokens: dice.below(100) };
      events.splice(dice.below(events.length + 1), 0, { type: "usage", usage });
    }
    return events;
  }

  async function* stream({ signal }: ModelRequest): AsyncGenerator<ModelEvent, void> {
    const events = script();
    const end = dice.oneIn(5) ? dice.pick(reasons) : "stop";
    // Some models break their contract: they throw, say nothing at the end, or go on after it.
    const breach = dice.oneIn(25) ? dice.pick(["throw", "silent", "twice"] as const) : undefined;
    const cut = dice.oneIn(12) ? dice.below(events.length + 1) : events.length;
    for (const event of events.slice(0, cut)) {
      if (dice.oneIn(10)) await setImmediate();
      if (signal?.aborted === true) return yield { type: "finish", reason: "aborted" };
      yield event;
    }
    if (breach === "throw") throw new Error("The model broke.");
    if (breach === "silent") return;
    const error = new CodeActError(
      dice.pick(["model_failed", "model_context_exceeded"]),
      "It failed.",
    );
    yield { type: "finish", reason: end, ...(end === "error" && !dice.oneIn(3) && { error }) };
    if (breach === "twice") yield { type: "finish", reason: "stop" };
  }

  return {
    id: "chaos",
    capabilities: {
      images: dice.oneIn(2),
      toolCalls: dice.oneIn(2),
      ...(dice.oneIn(3) && { contextTokens: 2000 + dice.below(4000) }),
    },
    stream,
  };
}
