import { z } from "zod";
import type { AgentEvent } from "../../agent/events.ts";
import { compactEvents } from "../../agent/exchange.ts";
import type { Exchange } from "../../agent/exchange.ts";
import type { Message } from "../../models/model.ts";

const blob = z.string().regex(/^[0-9a-f]{64}$/);

const snapshotSchema = z.object({
  files: z.array(z.object({ path: z.string(), sizeBytes: z.number(), blob })),
  variables: blob.exactOptional(),
});

const messageSchema = z.custom<Message>((value) => {
  const message = value as Partial<Message> | null;
  return (
    ["system", "user", "assistant"].includes(message?.role ?? "") && Array.isArray(message?.content)
  );
});

const eventSchema = z.custom<AgentEvent>(
  (value) => typeof (value as Partial<AgentEvent> | null)?.type === "string",
);

const recordSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("model"), spec: z.string().exactOptional(), modelId: z.string() }),
  z.object({ type: z.literal("task"), atMs: z.number(), task: z.string() }),
  z.object({ type: z.literal("events"), events: z.array(eventSchema) }),
  z.object({
    type: z.literal("messages"),
    keep: z.int().nonnegative(),
    messages: z.array(messageSchema),
  }),
  z.object({ type: z.literal("snapshot"), snapshot: snapshotSchema }),
  z.object({ type: z.literal("rewind"), exchanges: z.int().nonnegative() }),
]);

/** One line of a conversation's file. Each changes the state that those before it made. */
export type ConversationRecord = z.infer<typeof recordSchema>;

/** The files and variables of a session at one moment, as the names of blobs. */
export type Snapshot = z.infer<typeof snapshotSchema>;

/** An exchange, and what it takes to go back to the moment before it. */
export interface KeptExchange extends Exchange {
  readonly atMs: number;
  readonly messagesBefore: readonly Message[];
  readonly snapshotBefore?: Snapshot;
}

/** What a conversation's records come to. */
export interface ConversationState {
  /** What the user named the model by; missing when it was found. */
  readonly modelSpec?: string;
  readonly modelId?: string;
  readonly exchanges: readonly KeptExchange[];
  readonly messages: readonly Message[];
  readonly snapshot?: Snapshot;
  /** By model. What was taken back has been paid for all the same. */
  readonly spending: readonly Spending[];
}

/** What the runs of one model took. */
export interface Spending {
  readonly modelId: string;
  readonly runs: number;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Missing when the price of a run is not known. */
  readonly costUsd?: number;
}

/** The state before the first record. */
export const emptyConversation: ConversationState = {
  exchanges: [],
  messages: [],
  spending: [],
};

/** Reads a line of a conversation's file; undefined when it is no record. */
export function parseRecord(line: string): ConversationRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Returns the state after a record. */
export function applyRecord(
  state: ConversationState,
  record: ConversationRecord,
): ConversationState {
  switch (record.type) {
    case "model": {
      const { modelSpec: _, ...rest } = state;
      return {
        ...rest,
        modelId: record.modelId,
        ...(record.spec !== undefined && { modelSpec: record.spec }),
      };
    }
    case "task": {
      const exchange: KeptExchange = {
        task: record.task,
        atMs: record.atMs,
        events: [],
        messagesBefore: state.messages,
        ...(state.snapshot && { snapshotBefore: state.snapshot }),
      };
      return { ...state, exchanges: [...state.exchanges, exchange] };
    }
    case "events": {
      const last = state.exchanges.at(-1);
      if (last === undefined) return state;
      const events = compactEvents([...last.events, ...record.events]);
      return {
        ...state,
        exchanges: [...state.exchanges.slice(0, -1), { ...last, events }],
        spending: spend(state, record.events),
      };
    }
    case "messages":
      return { ...state, messages: [...state.messages.slice(0, record.keep), ...record.messages] };
    case "snapshot":
      return { ...state, snapshot: record.snapshot };
    case "rewind": {
      const first = state.exchanges[record.exchanges];
      if (first === undefined) return state;
      const { snapshot: _, ...rest } = state;
      return {
        ...rest,
        exchanges: state.exchanges.slice(0, record.exchanges),
        messages: first.messagesBefore,
        ...(first.snapshotBefore && { snapshot: first.snapshotBefore }),
      };
    }
  }
}

/** The record that turns the messages of a state into these; undefined when they are the same. */
export function messagesRecord(
  before: readonly Message[],
  after: readonly Message[],
): ConversationRecord | undefined {
  let keep = 0;
  while (keep < before.length && keep < after.length && before[keep] === after[keep]) keep += 1;
  if (keep === before.length && keep === after.length) return undefined;
  return { type: "messages", keep, messages: after.slice(keep) };
}

function spend(
  { spending, modelId = "unknown" }: ConversationState,
  events: readonly AgentEvent[],
): readonly Spending[] {
  const end = events.find((event) => event.type === "run-end")?.result;
  if (end === undefined) return spending;
  const nothing = { modelId, runs: 0, turns: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 };
  const { costUsd: _, ...before } = spending.find((each) => each.modelId === modelId) ?? nothing;
  const earlierUsd =
    before.runs === 0 ? 0 : spending.find((each) => each.modelId === modelId)?.costUsd;
  const after: Spending = {
    ...before,
    runs: before.runs + 1,
    turns: before.turns + end.turns,
    inputTokens: before.inputTokens + end.usage.inputTokens,
    outputTokens: before.outputTokens + end.usage.outputTokens,
    ...(earlierUsd !== undefined &&
      end.costUsd !== undefined && { costUsd: earlierUsd + end.costUsd }),
  };
  return [...spending.filter((each) => each.modelId !== modelId), after];
}
