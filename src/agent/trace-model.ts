import { context, SpanKind, trace } from "@opentelemetry/api";
import type { Attributes, Context, Span } from "@opentelemetry/api";
import { costOf } from "../models/model-price.ts";
import type { Model, ModelEvent, ModelRequest, Usage } from "../models/model.ts";
import { fail, usageAttributes } from "./run-spans.ts";
import type { SpanSettings } from "./run-spans.ts";
import { asJson, conventionInstructions, conventionMessages } from "./telemetry-content.ts";

/** Wraps a model: each request becomes a `chat` span under `parent()`; what the model does nests in it. */
export function traceModel(
  inner: Model,
  { tracer, recordContent }: SpanSettings,
  parent: () => Context,
): Model {
  async function* stream(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    const outer = parent();
    const attributes = requestAttributes(inner, request, recordContent);
    const span = tracer.startSpan(`chat ${inner.id}`, { kind: SpanKind.CLIENT, attributes }, outer);
    const active = trace.setSpan(outer, span);
    const iterator = context.with(active, () => inner.stream(request)[Symbol.asyncIterator]());
    const reply = { text: "", calls: new Map<number, { name: string; arguments: string }>() };
    let usage: Usage | undefined;
    let finish: Extract<ModelEvent, { type: "finish" }> | undefined;
    try {
      for (;;) {
        const step = await context.with(active, async () => iterator.next());
        if (step.done === true) return;
        const event = step.value;
        if (event.type === "usage") ({ usage } = event);
        else if (event.type === "finish") finish = event;
        else if (recordContent) collect(reply, event);
        yield event;
      }
    } finally {
      // A consumer that has its action leaves before the model's end.
      const reason = finish?.reason ?? "stop";
      span.setAttribute("gen_ai.response.finish_reasons", [reason]);
      if (usage !== undefined) {
        const cost = inner.price && costOf(usage, inner.price);
        span.setAttributes(usageAttributes(usage, cost));
      }
      if (recordContent) span.setAttribute("gen_ai.output.messages", outputMessages(reply, reason));
      endSpan(span, finish, recordContent);
      await iterator.return?.();
    }
  }

  return { ...inner, stream };
}

interface CollectedReply {
  text: string;
  readonly calls: Map<number, { name: string; arguments: string }>;
}

function collect(reply: CollectedReply, event: ModelEvent): void {
  if (event.type === "text-delta") reply.text += event.text;
  if (event.type !== "tool-call-delta") return;
  const call = reply.calls.get(event.index) ?? { name: "", arguments: "" };
  call.name += event.name ?? "";
  call.arguments += event.arguments;
  reply.calls.set(event.index, call);
}

function outputMessages({ text, calls }: CollectedReply, reason: string): string {
  const parts = [
    ...(text === "" ? [] : [{ type: "text", content: text }]),
    ...[...calls.values()].map((call) => ({ type: "tool_call", ...call })),
  ];
  return asJson([{ role: "assistant", parts, finish_reason: reason }]);
}

function endSpan(
  span: Span,
  finish: Extract<ModelEvent, { type: "finish" }> | undefined,
  recordContent: boolean,
): void {
  if (finish?.reason === "error") {
    fail(span, finish.error?.code ?? "_OTHER", recordContent ? finish.error?.message : undefined);
  }
  span.end();
}

function requestAttributes(
  model: Model,
  request: ModelRequest,
  recordContent: boolean,
): Attributes {
  const { temperature, maxOutputTokens, stop, messages } = request;
  return {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": model.provider ?? "_OTHER",
    "gen_ai.request.model": model.id,
    "gen_ai.request.stream": true,
    ...(temperature !== undefined && { "gen_ai.request.temperature": temperature }),
    ...(maxOutputTokens !== undefined && { "gen_ai.request.max_tokens": maxOutputTokens }),
    ...(stop !== undefined && stop.length > 0 && { "gen_ai.request.stop_sequences": [...stop] }),
    ...(recordContent && {
      "gen_ai.system_instructions": asJson(conventionInstructions(messages)),
      "gen_ai.input.messages": asJson(conventionMessages(messages)),
    }),
  };
}
