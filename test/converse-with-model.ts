import { expect } from "vitest";
import type { ErrorCode } from "../src/errors.ts";
import {
  textMessage,
  type Model,
  type ModelEvent,
  type ModelRequest,
} from "../src/models/model.ts";
import { createOpenAIModel, type OpenAIModelOptions } from "../src/models/openai-model.ts";
import { startScriptedServer, type ScriptedReply } from "./scripted-openai-server.ts";

/** The simplest request. */
export const hello: ModelRequest = { messages: [textMessage("user", "Hello")] };
/** A key that no message may contain. */
export const secretKey = "sk-secret-0123456789abcdef";

/** All that came of one request to a model. */
export interface Run {
  readonly text: string;
  readonly events: readonly ModelEvent[];
  readonly finish: Extract<ModelEvent, { type: "finish" }>;
}

/** Runs one request and checks that there is one `finish` event, the last. */
export async function collect(model: Model, request: ModelRequest = hello): Promise<Run> {
  const events: ModelEvent[] = [];
  for await (const event of model.stream(request)) events.push(event);
  const text = events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
  const finishes = events.filter((event) => event.type === "finish");
  const [finish] = finishes;
  expect(finishes).toHaveLength(1);
  expect(events.at(-1)).toBe(finish);
  if (finish === undefined) throw new Error("There is no finish event.");
  return { text, events, finish };
}

/** Runs one request against a scripted server; waits between retries are recorded, not waited for. */
export async function converse(
  replies: readonly ScriptedReply[],
  request: ModelRequest = hello,
  options: Partial<OpenAIModelOptions> = {},
) {
  await using server = await startScriptedServer(replies);
  const waits: number[] = [];
  const model = createOpenAIModel({
    model: "test-model",
    apiKey: secretKey,
    apiKeyName: "TEST_API_KEY",
    baseUrl: server.baseUrl,
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 0,
    now: () => Date.parse("2026-01-01T00:00:00Z"),
    ...options,
  });
  return { ...(await collect(model, request)), waits, requests: server.requests, server, model };
}

/** Expects a failure with one clear sentence and a hint. */
export function expectError(run: Run, code: ErrorCode, message: RegExp): void {
  expect(run.finish).toMatchObject({ reason: "error", error: { code } });
  expect(run.finish.error?.message).toMatch(message);
  expect(run.finish.error?.message).toMatch(/^[^\n]+[.!?]$/);
  expect(run.finish.error?.hint).toMatch(/\.$/);
  expect(`${run.finish.error?.message}${run.finish.error?.hint}`).not.toContain(secretKey);
}
