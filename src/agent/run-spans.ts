import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Attributes, Context, Span, Tracer } from "@opentelemetry/api";
import type { Outcome } from "../execution/outcome.ts";
import type { Model, Usage } from "../models/model.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { asJson, outputsText, shortened } from "./telemetry-content.ts";

/** What the spans of one run share. */
export interface SpanSettings {
  readonly tracer: Tracer;
  readonly recordContent: boolean;
  readonly agentName: string;
}

/** The spans of one run, made from its events. */
export interface RunSpans {
  observe(event: AgentEvent): void;
  /** The context of the span that was begun last and goes on. */
  innermost(): Context;
  /** Ends what the events left open. */
  end(): void;
}

/** Events that become events of the turn's span, with those of their fields that are no content. */
const noted = {
  "reply-malformed": [],
  "answer-refused": [],
  "final-answer": [],
  "stuck-detected": ["measure", "turnsDropped"],
  "budget-low": ["budget"],
  compaction: ["reason", "turnsReplaced", "tokensBefore", "tokensAfter"],
} as const satisfies Partial<Record<AgentEvent["type"], readonly string[]>>;

/** Makes the spans of one run under `parent`. */
export function createRunSpans(settings: SpanSettings, model: Model, parent: Context): RunSpans {
  const { tracer, recordContent, agentName } = settings;
  /** Outermost first: the run, its turn, its cell. */
  const open: { readonly span: Span; readonly context: Context }[] = [];

  const calls = new Map<string, Span>();

  function innermost(): Context {
    return open.at(-1)?.context ?? parent;
  }

  function begin(name: string, attributes: Attributes): void {
    const outer = innermost();
    const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, outer);
    open.push({ span, context: trace.setSpan(outer, span) });
  }

  /** Ends the newest span, and whatever a fault has left open in it. */
  function finish(depth: number, complete: (span: Span) => void = () => {}): void {
    while (open.length > depth) {
      const last = open.pop();
      if (last === undefined) return;
      if (open.length === depth) complete(last.span);
      last.span.end();
    }
  }

  function observe(event: AgentEvent): void {
    switch (event.type) {
      case "run-start":
        begin(`invoke_agent ${agentName}`, {
          "gen_ai.operation.name": "invoke_agent",
          "gen_ai.agent.name": agentName,
          "gen_ai.provider.name": model.provider ?? "_OTHER",
          "gen_ai.request.model": event.modelId,
          ...(recordContent && {
            "gen_ai.input.messages": asJson([
              { role: "user", parts: [{ type: "text", content: event.task }] },
            ]),
          }),
        });
        break;
      case "turn-start":
        finish(1);
        begin("turn", { "codeact.turn.number": event.turn });
        break;
      case "cell-start":
        begin("execute_tool execute_python", {
          "gen_ai.operation.name": "execute_tool",
          "gen_ai.tool.name": "execute_python",
          "gen_ai.tool.type": "extension",
          ...(recordContent && { "gen_ai.tool.call.arguments": asJson({ code: event.code }) }),
        });
        break;
      case "tool-call-start":
        beginTool(event.callId, event.tool, recordContent ? asJson(event.input) : undefined);
        break;
      case "tool-call-end":
        endTool(event.callId, event.error, recordContent ? event.preview : undefined);
        break;
      case "cell-end":
        endTools();
        finish(2, (span) => describeCell(span, event.outcome, recordContent));
        break;
      case "turn-end":
        finish(1, (span) => span.setAttributes(usageAttributes(event.usage, event.costUsd)));
        break;
      case "run-end":
        finish(0, (span) => describeRun(span, event.result, recordContent));
        break;
      default:
        note(event);
    }
  }

  /** Calls run side by side, so they are not part of the nest. */
  function beginTool(callId: string, tool: string, input: string | undefined): void {
    const attributes = {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": callId,
      ...(input !== undefined && { "gen_ai.tool.call.arguments": input }),
    };
    const options = { kind: SpanKind.INTERNAL, attributes };
    calls.set(callId, tracer.startSpan(`execute_tool ${tool}`, options, innermost()));
  }

  function endTool(callId: string, error: string | undefined, preview: string | undefined): void {
    const span = calls.get(callId);
    if (span === undefined) return;
    calls.delete(callId);
    if (preview !== undefined) span.setAttribute("gen_ai.tool.call.result", shortened(preview));
    if (error !== undefined) fail(span, "tool_error", recordContent ? error : undefined);
    span.end();
  }

  function endTools(): void {
    for (const span of calls.values()) span.end();
    calls.clear();
  }

  function note(event: AgentEvent): void {
    if (!(event.type in noted)) return;
    const fields: readonly string[] = noted[event.type as keyof typeof noted];
    const values = Object.entries(event).filter(([name]) => fields.includes(name));
    const attributes = values.map(([name, value]) => [`codeact.${name}`, String(value)] as const);
    trace.getSpan(innermost())?.addEvent(`codeact.${event.type}`, Object.fromEntries(attributes));
  }

  return {
    observe,
    innermost,
    end() {
      endTools();
      finish(0);
    },
  };
}

function describeCell(span: Span, outcome: Outcome, recordContent: boolean): void {
  span.setAttributes({
    "codeact.cell.status": outcome.status,
    "codeact.cell.number": outcome.executionCount,
    "codeact.cell.state": outcome.state,
    "codeact.cell.cpu_ms": outcome.cpuMs,
    "codeact.cell.peak_memory_bytes": outcome.peakMemoryBytes,
    ...(recordContent && { "gen_ai.tool.call.result": outputsText(outcome) }),
  });
  if (outcome.status === "ok") return;
  // The name of an exception comes from the guest.
  const type = outcome.status === "error" ? (outcome.error?.name ?? "error") : outcome.status;
  fail(span, shortened(type, 100), recordContent ? outcome.error?.message : undefined);
}

function describeRun(span: Span, result: RunResult, recordContent: boolean): void {
  const { status, turns, usage, costUsd, error, answer } = result;
  span.setAttributes({
    "codeact.run.status": status,
    "codeact.run.turns": turns,
    ...usageAttributes(usage, costUsd),
    ...(recordContent &&
      answer !== undefined && {
        "gen_ai.output.messages": asJson([
          { role: "assistant", parts: [{ type: "text", content: answer }], finish_reason: "stop" },
        ]),
      }),
  });
  if (status === "failed") {
    fail(span, error?.code ?? "_OTHER", recordContent ? error?.message : undefined);
  }
}

/** Marks a span as failed. The message of a fault may quote content. */
export function fail(span: Span, type: string, message?: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({
    code: SpanStatusCode.ERROR,
    ...(message !== undefined && { message: shortened(message, 500) }),
  });
}

/** The attributes of what was used and what it cost. */
export function usageAttributes(usage: Usage, costUsd?: number): Attributes {
  const { cachedInputTokens, cacheWriteTokens } = usage;
  return {
    "gen_ai.usage.input_tokens": usage.inputTokens,
    "gen_ai.usage.output_tokens": usage.outputTokens,
    ...(cachedInputTokens !== undefined && {
      "gen_ai.usage.cache_read.input_tokens": cachedInputTokens,
    }),
    ...(cacheWriteTokens !== undefined && {
      "gen_ai.usage.cache_creation.input_tokens": cacheWriteTokens,
    }),
    ...(costUsd !== undefined && { "codeact.usage.cost_usd": costUsd }),
  };
}
