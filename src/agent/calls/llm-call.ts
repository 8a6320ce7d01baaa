import { createHash } from "node:crypto";
import { z } from "zod";
import type { ContentPart, ImagePart, Message, Model, Usage } from "../../models/model.ts";
import { tool, type Tool, type ToolContext } from "../../tools/tool.ts";
import { createAnswerReader } from "../answer-rules.ts";
import type { CallScope } from "./call-scope.ts";
import { readImages } from "./call-images.ts";
import { createSlots } from "./slots.ts";

const maxAttempts = 3;
const maxCached = 1000;
/** Each call sets this part of what is left aside while it runs. */
const share = 0.25;

const input = z.object({
  prompt: z.string().min(1).describe("All that the model gets to know: it sees nothing else."),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("JSON schema; the answer is then data that fits it."),
  images: z
    .array(z.string())
    .optional()
    .describe("Pictures: names of files, bytes, PIL images or figures."),
  cache: z
    .boolean()
    .default(false)
    .describe("Whether the same question may get the answer that it got before."),
});
type LlmInput = z.infer<typeof input>;

export interface LlmCallOptions {
  readonly model: Model;
  readonly scope: CallScope;
  /** Calls that run at a time; more wait. Default: 8. */
  readonly concurrency?: number;
}

/** Makes `llm(prompt, schema=None, images=None, cache=False)`: code asks the agent's model, on its budget. */
export function createLlmTool(options: LlmCallOptions): Tool {
  const { model, scope } = options;
  const slots = createSlots(options.concurrency ?? 8);
  const cached = new Map<string, Promise<unknown>>();

  async function answer(
    question: LlmInput,
    images: readonly ImagePart[],
    { signal }: ToolContext,
  ): Promise<unknown> {
    if (images.length > 0 && !model.capabilities.images) {
      throw new Error(`the model ${model.id} cannot see images`);
    }
    const reader = createAnswerReader(question.schema ? { schema: question.schema } : {});
    const task =
      question.schema === undefined
        ? question.prompt
        : `${question.prompt}\n\nAnswer with nothing but JSON that fits this JSON schema:\n${JSON.stringify(question.schema)}`;
    const messages: Message[] = [
      { role: "user", content: [{ type: "text", text: task }, ...images] },
    ];
    for (let attempt = 1; ; attempt += 1) {
      const text = await ask(messages, signal);
      const verdict = await reader.read({ text }, scope.session);
      if (verdict.accepted) return "value" in verdict ? verdict.value : text;
      if (attempt === maxAttempts) throw new Error(`no answer fitted it: ${verdict.reason}`);
      messages.push(message("assistant", text), message("user", verdict.reason));
    }
  }

  async function ask(messages: readonly Message[], signal: AbortSignal): Promise<string> {
    const reservation = scope.reserve(share);
    const meter = scope.meter();
    let text = "";
    let usage: Usage | undefined;
    try {
      const limits =
        reservation.tokens === undefined ? {} : { maxOutputTokens: reservation.tokens };
      for await (const event of model.stream({ messages, signal, ...limits })) {
        if (event.type === "text-delta") text += event.text;
        else if (event.type === "usage") usage = event.usage;
        else if (event.type === "finish" && event.reason !== "stop" && event.reason !== "length") {
          throw new Error(
            event.error?.message ?? `the model's answer ended early: ${event.reason}`,
          );
        }
      }
      return text.trim();
    } finally {
      if (usage !== undefined) meter.spend(usage);
      reservation.release();
    }
  }

  return tool<LlmInput, unknown>({
    name: "llm",
    description:
      "Asks a language model and returns its answer as text, or as data with a schema. For judging, classifying, extracting and summarising texts, one call for each: run many in parallel.",
    input,
    async run(question, context) {
      const resume = context.suspendDeadline?.();
      try {
        const images = await readImages(question.images ?? [], scope.session);
        const work = (): Promise<unknown> =>
          slots.run(() => answer(question, images, context), context.signal);
        return await (question.cache ? remembered(cached, keyOf(question, images), work) : work());
      } finally {
        resume?.();
      }
    },
  });
}

function message(role: "assistant" | "user", text: string): Message {
  const content: ContentPart[] = [{ type: "text", text }];
  return { role, content };
}

/** A file may hold another picture by the next call: what it holds counts, not its name. */
function keyOf({ prompt, schema }: LlmInput, images: readonly ImagePart[]): string {
  return createHash("sha256")
    .update(JSON.stringify([prompt, schema, images]))
    .digest("hex");
}

/** Shares work that is under way and results that came well; failures are tried again. */
async function remembered(
  cached: Map<string, Promise<unknown>>,
  key: string,
  work: () => Promise<unknown>,
): Promise<unknown> {
  const known = cached.get(key);
  // Whoever began it may have given it up; then it is this call's turn.
  if (known !== undefined) return await known.catch(work);
  const result = work();
  cached.set(key, result);
  const [oldest] = cached.keys();
  if (cached.size > maxCached && oldest !== undefined) cached.delete(oldest);
  result.catch(() => {
    if (cached.get(key) === result) cached.delete(key);
  });
  return await result;
}
