import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createAgent } from "../src/agent/agent.ts";
import type { AgentSettings } from "../src/agent/agent-options.ts";
import { telemetryFromEnvironment } from "../src/agent/telemetry.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createOpenAIModel } from "../src/models/openai-model.ts";
import { tool } from "../src/tools/tool.ts";
import { startScriptedServer, textReply, type ScriptedReply } from "./scripted-openai-server.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const secret = "the secret word is swordfish";

/** A run over the real wire with the real interpreter, and the spans that it leaves. */
async function record(
  replies: readonly ScriptedReply[],
  options: Partial<AgentSettings> & { readonly recordContent?: boolean } = {},
) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");
  await using server = await startScriptedServer(replies);
  const { recordContent = false, ...settings } = options;
  await using agent = createAgent({
    model: createOpenAIModel({
      model: "test-model",
      baseUrl: server.baseUrl,
      maxRetries: 0,
      price: { input: 1, output: 1 },
    }),
    runtime,
    telemetry: { tracer, recordContent },
    ...settings,
  });
  const result = await agent.run(`Remember: ${secret}`).result;
  return { result, spans: exporter.getFinishedSpans() };
}

/** The names of spans, each with those beneath it, in the order in which they began. */
function tree(spans: readonly ReadableSpan[], parent?: string): unknown[] {
  return spans
    .filter((span) => span.parentSpanContext?.spanId === parent)
    .toSorted((a, b) => Number(nanoseconds(a) - nanoseconds(b)))
    .map((span) => {
      const below = tree(spans, span.spanContext().spanId);
      return below.length === 0 ? span.name : [span.name, ...below];
    });
}

function nanoseconds({ startTime: [seconds, rest] }: ReadableSpan): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest);
}

function named(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const span = spans.find((one) => one.name === name);
  if (span === undefined) throw new Error(`There is no span ${name}.`);
  return span;
}

const double = tool({
  name: "double",
  description: "Doubles a number.",
  input: z.object({ number: z.number() }),
  run: ({ number }) => number * 2,
});
// A server that obeys stop strings ends before the closing tag.
const cell = `<execute>\nprint(double(21), "${secret}")\n`;

describe("telemetry", () => {
  it("records the run, its turns, questions to the model, cells and tools", async () => {
    const { spans, result } = await record(
      [textReply(cell), textReply("<execute>\n1 / 0\n"), textReply("It is 42.")],
      { tools: [double], sampling: { temperature: 0.5, maxOutputTokens: 100 } },
    );
    expect(result.status).toBe("answered");
    expect(tree(spans)).toEqual([
      [
        "invoke_agent codeact",
        ["turn", "chat test-model", ["execute_tool execute_python", "execute_tool double"]],
        ["turn", "chat test-model", "execute_tool execute_python"],
        ["turn", "chat test-model"],
      ],
    ]);
    expect(named(spans, "invoke_agent codeact").attributes).toEqual({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "codeact",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "test-model",
      "codeact.run.status": "answered",
      "codeact.run.turns": 3,
      "gen_ai.usage.input_tokens": 21,
      "gen_ai.usage.output_tokens": 9,
      "codeact.usage.cost_usd": 0.00003,
    });
    expect(named(spans, "chat test-model").attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "test-model",
      "gen_ai.request.stream": true,
      "gen_ai.request.temperature": 0.5,
      "gen_ai.request.max_tokens": 100,
      "gen_ai.request.stop_sequences": expect.arrayContaining(["</execute>"]) as string[],
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 7,
      "gen_ai.usage.output_tokens": 3,
      "codeact.usage.cost_usd": 0.00001,
    });
    expect(named(spans, "execute_tool double").attributes).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "double",
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": expect.any(String) as string,
    });
    const cells = spans.filter(({ name }) => name === "execute_tool execute_python");
    expect(cells.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.ERROR,
    ]);
    expect(cells[1]?.attributes).toEqual({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "execute_python",
      "gen_ai.tool.type": "extension",
      "codeact.cell.status": "error",
      "codeact.cell.number": 2,
      "codeact.cell.state": "kept",
      "codeact.cell.cpu_ms": expect.any(Number) as number,
      "codeact.cell.peak_memory_bytes": expect.any(Number) as number,
      "error.type": "ZeroDivisionError",
    });
  });

  it("records no content unless asked", async () => {
    const replies = [
      textReply(cell),
      textReply("<execute>\nraise ValueError('swordfish')\n"),
      textReply("It is swordfish."),
    ];
    const all = async (recordContent: boolean) => {
      const { spans } = await record(replies, { tools: [double], recordContent });
      return spans.map(({ name, attributes, events, status }) => ({
        name,
        attributes,
        events: events.map((event) => [event.name, event.attributes]),
        status,
      }));
    };
    expect(JSON.stringify(await all(false))).not.toContain("swordfish");

    const spans = await all(true);
    const value = (name: string, key: string) =>
      JSON.parse(spans.find((span) => span.name === name)?.attributes[key] as string) as unknown;
    expect(value("chat test-model", "gen_ai.input.messages")).toEqual([
      { role: "user", parts: [{ type: "text", content: `Remember: ${secret}` }] },
    ]);
    expect(value("chat test-model", "gen_ai.output.messages")).toEqual([
      { role: "assistant", parts: [{ type: "text", content: cell }], finish_reason: "stop" },
    ]);
    expect(value("execute_tool execute_python", "gen_ai.tool.call.arguments")).toEqual({
      code: `print(double(21), "${secret}")`,
    });
    expect(value("execute_tool double", "gen_ai.tool.call.arguments")).toEqual({ number: 21 });
    const [first, second] = spans.filter(({ name }) => name === "execute_tool execute_python");
    expect(first?.attributes["gen_ai.tool.call.result"]).toBe(`42 ${secret}\n`);
    expect(second?.status.message).toBe("swordfish");
  });

  it("marks what failed, and ends every span", async () => {
    const failing = { status: 401, body: { error: { message: secret } } };
    const { spans } = await record([textReply("<execute>\n1\n"), failing]);
    expect(tree(spans)).toEqual([
      [
        "invoke_agent codeact",
        ["turn", "chat test-model", "execute_tool execute_python"],
        ["turn", "chat test-model"],
      ],
    ]);
    const failed = spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
    expect(failed.map(({ name, attributes }) => [name, attributes["error.type"]])).toEqual([
      ["chat test-model", "model_auth_failed"],
      ["invoke_agent codeact", "model_auth_failed"],
    ]);
    expect(failed.map(({ status }) => status.message)).toEqual([undefined, undefined]);
  });

  it("nests in the span that is active, and shortens long content but keeps it JSON", async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const outer = provider.getTracer("program").startSpan("outer");
    await using server = await startScriptedServer([textReply("x".repeat(100_000))]);
    const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
    const telemetry = {
      tracer: provider.getTracer("t"),
      recordContent: true,
      agentName: "analyst",
    };
    await using agent = createAgent({ model, runtime, telemetry });
    // Without a context manager `context.with` would do nothing: the active span is given by hand.
    const active = trace.setSpan(context.active(), outer);
    const manager = {
      active: () => active,
      with: ((_: unknown, work: () => unknown) => work()) as never,
      bind: (_: unknown, target: unknown) => target as never,
      enable: () => manager,
      disable: () => manager,
    };
    context.setGlobalContextManager(manager);
    try {
      await agent.run("Go.").result;
    } finally {
      context.disable();
    }
    outer.end();
    const spans = exporter.getFinishedSpans();
    expect(tree(spans)).toEqual([["outer", ["invoke_agent analyst", ["turn", "chat m"]]]]);
    const written = named(spans, "chat m").attributes["gen_ai.output.messages"] as string;
    expect(written.length).toBeLessThanOrEqual(20_000);
    expect(JSON.parse(written)).toMatchObject([{ role: "assistant" }]);
  });
});

describe("telemetryFromEnvironment", () => {
  it("is on when an exporter is configured", () => {
    expect(telemetryFromEnvironment({})).toBeUndefined();
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
    expect(telemetryFromEnvironment(endpoint)).toEqual({ recordContent: false });
    expect(
      telemetryFromEnvironment({
        OTEL_TRACES_EXPORTER: "console",
        OTEL_SERVICE_NAME: "analyst",
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: "true",
      }),
    ).toEqual({ recordContent: true, agentName: "analyst" });
    expect(telemetryFromEnvironment({ ...endpoint, OTEL_TRACES_EXPORTER: "none" })).toBeUndefined();
    expect(telemetryFromEnvironment({ ...endpoint, OTEL_SDK_DISABLED: "true" })).toBeUndefined();
  });
});
