import type { z } from "zod";

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A function of the host that code can call. It runs here; only its arguments and result cross the border. */
export interface Tool {
  /** Its name in Python, such as `search`. */
  readonly name: string;
  /** The Python module that holds it; default: a function that needs no import. */
  readonly module?: string;
  /** What it does, for the model. */
  readonly description: string;
  /** JSON schema of an object: the parameters. */
  readonly input: JsonSchema;
  /** JSON schema of the result, where known. */
  readonly output?: JsonSchema;
  /** Whether a person must agree to a call. Default: no. */
  readonly needsApproval?: boolean | ((input: unknown) => boolean | Promise<boolean>);
  /** Checks arguments that came from code, fills defaults in; throws a sentence that says what is wrong. */
  parse(input: unknown): unknown;
  /** Does the work. What it throws reaches the code as `ToolError`, with its message only. */
  run(input: unknown, context: ToolContext): unknown;
}

export interface ToolContext {
  /** Unique in its session. */
  readonly callId: string;
  /** Fires when the cell that called ends or is interrupted. */
  readonly signal: AbortSignal;
}

/** What `tool` takes; `Input` and `Output` follow from zod schemas. */
export interface ToolOptions<Input, Output> {
  readonly name: string;
  readonly module?: string;
  readonly description: string;
  readonly input: z.ZodType<Input> | JsonSchema;
  readonly output?: z.ZodType<Output> | JsonSchema;
  readonly needsApproval?: boolean | ((input: Input) => boolean | Promise<boolean>);
  run(input: Input, context: ToolContext): Output | Promise<Output>;
}
