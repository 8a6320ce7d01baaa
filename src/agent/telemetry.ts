import { context, trace } from "@opentelemetry/api";
import type { Context, Tracer } from "@opentelemetry/api";
import type { Model } from "../models/model.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { createRunSpans } from "./run-spans.ts";
import type { SpanSettings } from "./run-spans.ts";
import { traceModel } from "./trace-model.ts";

/** What is told about a run to OpenTelemetry. */
export interface TelemetryOptions {
  /** Default: the tracer of the provider that the program has registered; without one nothing is recorded. */
  readonly tracer?: Tracer;
  /**
   * Whether prompts, replies, code, outputs, tasks and answers become attributes, shortened. They may hold what is
   * private. Default: false.
   */
  readonly recordContent?: boolean;
  /** Name of the agent in its spans. Default: `codeact`. */
  readonly agentName?: string;
}

/** Watches one run from outside: through the model that it asks and the events that it yields. */
export interface RunTelemetry {
  /** The model to give to the run. */
  readonly model: Model;
  /** Passes the run's events through. */
  watch(
    loop: AsyncGenerator<AgentEvent, RunResult, undefined>,
  ): AsyncGenerator<AgentEvent, RunResult, undefined>;
}

/**
 * Records one run as spans by OpenTelemetry's conventions for generative AI: `invoke_agent` for the run, in it
 * `turn`, in it `chat` for each question to the model and `execute_tool` for each cell. Spans begin under the span
 * that is active when this is called.
 */
export function createRunTelemetry(options: TelemetryOptions, model: Model): RunTelemetry {
  const settings: SpanSettings = {
    tracer: options.tracer ?? trace.getTracer("codeact"),
    recordContent: options.recordContent ?? false,
    agentName: options.agentName ?? "codeact",
  };
  const spans = createRunSpans(settings, model, context.active());
  return {
    model: traceModel(model, settings, (): Context => spans.innermost()),
    async *watch(loop) {
      try {
        for (;;) {
          const step = await loop.next();
          if (step.done === true) return step.value;
          spans.observe(step.value);
          yield step.value;
        }
      } finally {
        spans.end();
      }
    },
  };
}

/**
 * What the environment asks for: spans when an exporter of OpenTelemetry is configured, with content when
 * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is true; otherwise undefined.
 */
export function telemetryFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): TelemetryOptions | undefined {
  const exporter = env["OTEL_TRACES_EXPORTER"];
  const endpoint =
    env["OTEL_EXPORTER_OTLP_ENDPOINT"] || env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || exporter;
  if (!endpoint || exporter === "none" || env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") {
    return undefined;
  }
  const content = env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] ?? "";
  const name = env["OTEL_SERVICE_NAME"];
  return {
    recordContent: /^(true|span_only|span_and_event)$/i.test(content),
    ...(name && { agentName: name }),
  };
}
