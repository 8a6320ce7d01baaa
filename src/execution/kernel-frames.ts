import { z } from "zod";
import { CodeActError } from "../errors.ts";

/** The version that both sides of the wire must speak. */
export const protocolVersion = 2;

const maxTraceFrames = 200;

const errorSchema = z.object({
  name: z.string(),
  message: z.string(),
  traceback: z.string(),
  frames: z
    .array(
      z.object({
        file: z.string(),
        line: z.number(),
        function: z.string(),
        source: z.string().exactOptional(),
      }),
    )
    .max(maxTraceFrames),
  hint: z.string().exactOptional(),
  pythonTraceback: z.string().exactOptional(),
});

const variableSchema = z.object({
  name: z.string(),
  type: z.string(),
  preview: z.string(),
  shape: z.array(z.number()).exactOptional(),
  length: z.number().exactOptional(),
  sizeBytes: z.number().exactOptional(),
});

const mimeSchema = z.record(z.string(), z.string());

const frameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    version: z.number(),
    python: z.string(),
    implementation: z.string(),
  }),
  z.object({ type: z.literal("refused"), message: z.string() }),
  z.object({
    type: z.literal("stream"),
    id: z.number(),
    name: z.enum(["stdout", "stderr"]),
    text: z.string(),
  }),
  z.object({
    type: z.literal("display"),
    id: z.number(),
    data: mimeSchema,
    displayId: z.string().exactOptional(),
    update: z.boolean().exactOptional(),
  }),
  z.object({ type: z.literal("value"), id: z.number(), data: mimeSchema }),
  z.object({ type: z.literal("error"), id: z.number(), error: errorSchema }),
  z.object({
    type: z.literal("input"),
    id: z.number(),
    prompt: z.string(),
    password: z.boolean(),
  }),
  z.object({ type: z.literal("answer"), id: z.number(), json: z.string() }),
  z.object({
    type: z.literal("call"),
    call: z.int(),
    name: z.string(),
    // Not looked into here, where every call would pay for it: see `findFault`.
    arguments: z.custom<Readonly<Record<string, unknown>>>(isObject),
  }),
  z.object({ type: z.literal("call-cancel"), call: z.int() }),
  z.object({ type: z.literal("variables"), variables: z.array(variableSchema).max(10_000) }),
  z.object({ type: z.literal("did"), id: z.number() }),
  z.object({ type: z.literal("failed"), id: z.number(), message: z.string() }),
  z.object({ type: z.literal("truncated"), id: z.number(), omittedBytes: z.number() }),
  z.object({
    type: z.literal("done"),
    id: z.number(),
    status: z.enum(["ok", "error", "timeout", "interrupted", "crashed"]),
    state: z.enum(["kept", "rolled-back", "lost"]),
    executionCount: z.number(),
    wallMs: z.number(),
    cpuMs: z.number(),
    peakMemoryBytes: z.number(),
    crash: z
      .object({
        reason: z.enum(["signal", "exit", "memory", "disk", "deadline", "unresponsive"]),
        signal: z.string().exactOptional(),
        exitCode: z.number().exactOptional(),
      })
      .exactOptional(),
  }),
]);

/** A frame from the interpreter's side, checked: whatever sent it may be hostile. */
export type KernelFrame = z.infer<typeof frameSchema>;
export type DoneFrame = Extract<KernelFrame, { type: "done" }>;
export type CallFrame = Extract<KernelFrame, { type: "call" }>;
export type OutputFrame = Extract<KernelFrame, { type: "stream" | "display" | "value" | "error" }>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks a decoded frame. Throws `protocol_violation` when it is none. */
export function parseKernelFrame(value: unknown): KernelFrame {
  const parsed = frameSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CodeActError(
    "protocol_violation",
    "The interpreter's process sent a frame of no known shape.",
    {
      hint: "Open a new session; this one cannot be trusted any more.",
      details: { issues: z.prettifyError(parsed.error) },
    },
  );
}

/** What a session asks for when it opens. */
export interface OpenFrame {
  readonly type: "open";
  readonly version: number;
  readonly session: string;
  readonly limits: object;
  readonly transactions: boolean;
  readonly seed?: number;
  readonly network?: object;
}
