import type { Session } from "../execution/session.ts";
import type { ActionFormat } from "../formats/format.ts";
import { truncateMiddle } from "../formats/truncate.ts";
import { messageText, textMessage } from "../models/model.ts";
import type { ImagePart, Message, MessagePart, Model, Usage } from "../models/model.ts";
import { earlierNotes, isSummary, summarise } from "./conversation-summary.ts";
import type { AgentEvent } from "./events.ts";
import { textPart } from "./history.ts";
import type { Task } from "./history.ts";
import { createTokenEstimate } from "./token-estimate.ts";
import type { TurnRecords } from "./turn-records.ts";

/** When and how old turns give way to a summary. */
export interface CompactionOptions {
  /** Size of the model's context. Default: what the model says; without either, only a refusal of the service counts. */
  readonly contextTokens?: number;
  /** Part of the context beyond which the conversation is compacted. Default: 0.75. */
  readonly threshold?: number;
  /** Newest turns that stay as they are. Default: 4. */
  readonly keepTurns?: number;
  /**
   * `facts`: the tasks, actions, variables and files, without asking a model. `model`: the model writes notes as well.
   * Default: `facts`.
   */
  readonly summary?: "facts" | "model";
}

/** What compaction works on. */
export interface CompactionSource {
  readonly model: Model;
  readonly format: ActionFormat;
  readonly messages: Message[];
  readonly task: Task;
  readonly records: TurnRecords;
  readonly session: Session;
  readonly signal?: AbortSignal;
  /** Told what the model used for its notes. */
  readonly spend: (usage: Usage) => void;
}

export interface Compactor {
  /** Compacts when the prompt would pass the threshold. */
  keepSmall(source: CompactionSource, turn: number): AsyncGenerator<AgentEvent, void, undefined>;
  /** Compacts as far as it can: the service has refused the prompt. False when nothing was to be won. */
  shrink(source: CompactionSource, turn: number): AsyncGenerator<AgentEvent, boolean, undefined>;
  /** Learns from what the service counted. */
  learn(messages: readonly Message[], usage: Usage): void;
}

/** A summary of less than this would tell too little. */
const leastListCharacters = 2000;
/** Texts of turns that stay are cut to this when the service refuses the prompt. */
const shrunkenCharacters = 2000;

/** Creates the compaction of one conversation. */
export function createCompactor(options: CompactionOptions = {}): Compactor {
  const { threshold = 0.75, keepTurns = 4, summary = "facts" } = options;
  const estimate = createTokenEstimate();

  function contextSize({ model }: CompactionSource): number | undefined {
    return options.contextTokens ?? model.capabilities.contextTokens;
  }

  async function* compact(
    source: CompactionSource,
    turn: number,
    reason: "threshold" | "context-exceeded",
    keep: number,
  ): AsyncGenerator<AgentEvent, boolean, undefined> {
    const { messages } = source;
    const size = contextSize(source);
    const start = keptFrom(messages, keep);
    if (start === undefined) return false;
    const tokensBefore = estimate.of(messages);
    const first = messages[0]?.role === "system" ? 1 : 0;
    const replaced = messages.slice(first, start);
    const kept = messages.slice(start);
    const isTaskKept = kept.some((message) => messageText(message).includes(source.task.text));
    const notes = summary === "model" ? await writeNotes(replaced, source) : undefined;
    const text = await summarise({
      messages: replaced,
      format: source.format,
      records: source.records,
      session: source.session,
      ...(!isTaskKept && { task: source.task.text }),
      ...(notes !== undefined && { notes }),
      // A list takes up to a quarter of the context, at 4 characters a token.
      ...(size !== undefined && { maxListCharacters: Math.max(size, leastListCharacters) }),
    });
    const images = isTaskKept ? [] : taskImages(replaced, source.task);
    messages.splice(first, start - first, { role: "user", content: [textPart(text), ...images] });
    const tokensAfter = estimate.of(messages);
    yield {
      type: "compaction",
      turn,
      reason,
      turnsReplaced: countTurns(replaced),
      tokensBefore,
      tokensAfter,
    };
    return true;
  }

  return {
    async *keepSmall(source, turn) {
      const size = contextSize(source);
      if (size === undefined) return;
      for (let keep = keepTurns; keep >= 1; keep = Math.floor(keep / 2)) {
        if (estimate.of(source.messages) <= size * threshold) return;
        yield* compact(source, turn, "threshold", keep);
      }
    },
    async *shrink(source, turn) {
      const done = yield* compact(source, turn, "context-exceeded", 1);
      return shortenTexts(source.messages, source.task.text) || done;
    },
    learn(messages, usage) {
      if (usage.estimated !== true) estimate.learn(messages, usage.inputTokens);
    },
  };
}

/** The index of the model's message with which the newest `keep` turns start; undefined when nothing is before it. */
function keptFrom(messages: readonly Message[], keep: number): number | undefined {
  let turns = 0;
  for (let index = messages.length - 1; index >= 0; index--) {
    if (messages[index]?.role !== "assistant") continue;
    turns += 1;
    if (turns === keep) return countTurns(messages.slice(0, index)) > 0 ? index : undefined;
  }
  return undefined;
}

function countTurns(messages: readonly Message[]): number {
  return messages.filter((message) => message.role === "assistant").length;
}

function taskImages(replaced: readonly Message[], task: Task): readonly ImagePart[] {
  const wanted = task.images ?? [];
  const present = new Set(
    replaced.flatMap(({ content }) =>
      content.map((part) => (part.type === "image" ? part.data : "")),
    ),
  );
  return wanted.filter((image) => present.has(image.data));
}

/** Cuts long texts of observations; what the user wrote stays whole. */
function shortenTexts(messages: Message[], task: string): boolean {
  let changed = false;
  const shorten = <Part extends MessagePart>(part: Part): Part => {
    if (part.type === "tool-result") return { ...part, content: part.content.map(shorten) };
    if (part.type !== "text" || part.text.length <= shrunkenCharacters) return part;
    changed = true;
    return { ...part, text: truncateMiddle(part.text, shrunkenCharacters) };
  };
  for (const [index, message] of messages.entries()) {
    const isOwn = index === 0 || message.role !== "user" || messageText(message).includes(task);
    if (!isOwn) messages[index] = { ...message, content: message.content.map(shorten) };
  }
  return changed;
}

const notesRequest =
  "Write notes for yourself about this part of a conversation, in at most 200 words: what was found out (figures!), what was decided, what failed and why, what is left to do. Notes that you made before are replaced by these: keep what still counts of them. No code.";

/** Asks the model for notes; without them the facts must do. */
async function writeNotes(
  replaced: readonly Message[],
  { model, signal, spend }: CompactionSource,
): Promise<string | undefined> {
  const earlier = earlierNotes(replaced);
  const transcript = [
    ...(earlier === undefined ? [] : [`Your notes about what was before it:\n${earlier}`]),
    ...replaced
      .filter((message) => !isSummary(message))
      .map((message) => `${message.role}: ${truncateMiddle(messageText(message), 1500)}`),
  ].join("\n\n");
  let notes = "";
  try {
    const stream = model.stream({
      messages: [
        textMessage("system", notesRequest),
        textMessage("user", truncateMiddle(transcript, 40_000)),
      ],
      maxOutputTokens: 600,
      ...(signal && { signal }),
    });
    for await (const event of stream) {
      if (event.type === "text-delta") notes += event.text;
      if (event.type === "usage") spend(event.usage);
      if (event.type === "finish" && !["stop", "length"].includes(event.reason)) return undefined;
    }
  } catch {
    return undefined;
  }
  // One paragraph: an empty line would end the section.
  const text = notes.trim().replaceAll(/\n\s*\n/g, "\n");
  return text === "" ? undefined : text.slice(0, 3000);
}
