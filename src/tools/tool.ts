import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { isPythonName, isTakenName } from "./python-name.ts";
import { toolPath } from "./python-function.ts";

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
  /** Fires when the code gives the call up, and when its cell ends or is interrupted. */
  readonly signal: AbortSignal;
  /** Stops the clock of the cell's deadline until the function that it returns is called, or the call ends. */
  suspendDeadline?(): () => void;
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

/**
 * Makes a function of this process callable from code. Arguments are checked against `input` before `run` sees
 * them; of the result, plain data reaches the code, bytes included.
 * Throws `invalid_input` for a name that Python does not take and for a schema that is not one of an object.
 */
export function tool<Input, Output>(options: ToolOptions<Input, Output>): Tool {
  const { name, module, description, needsApproval } = options;
  checkName(options);
  const input = toJsonSchema(options.input, options);
  if (input["type"] !== "object") {
    throw new CodeActError(
      "invalid_input",
      `The input of ${toolPath(options)} must be an object.`,
      {
        hint: "Give z.object({...}), or a JSON schema of type object: one property per parameter.",
      },
    );
  }
  const parse = createParser(options.input, options);
  return {
    name,
    ...(module !== undefined && { module }),
    description,
    input,
    ...(options.output !== undefined && { output: toJsonSchema(options.output, options) }),
    ...(needsApproval !== undefined && {
      needsApproval:
        typeof needsApproval === "boolean"
          ? needsApproval
          : (checked: unknown) => needsApproval(checked as Input),
    }),
    parse,
    run: (checked, context) => options.run(checked as Input, context),
  };
}

function checkName({ name, module }: Pick<Tool, "name" | "module">): void {
  for (const part of module === undefined ? [name] : [name, module]) {
    if (isPythonName(part)) continue;
    throw new CodeActError("invalid_input", `"${part}" cannot be the name of a tool in Python.`, {
      hint: "Use letters, digits and _, and none of Python's keywords.",
    });
  }
  if (!isTakenName(module ?? name)) return;
  throw new CodeActError(
    "invalid_input",
    `A tool named ${module ?? name} would hide Python's own.`,
    {
      hint: "Choose another name.",
    },
  );
}

function toJsonSchema(schema: z.ZodType | JsonSchema, owner: Pick<Tool, "name">): JsonSchema {
  if (!isZod(schema)) return schema;
  try {
    return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  } catch (cause) {
    throw new CodeActError("invalid_input", `A schema of ${toolPath(owner)} has no JSON form.`, {
      hint: "Use plain data: objects, lists, strings, numbers, booleans.",
      cause,
    });
  }
}

function createParser(
  schema: z.ZodType | JsonSchema,
  owner: Pick<Tool, "name" | "module">,
): (input: unknown) => unknown {
  if (isZod(schema)) return createZodParser(schema);
  try {
    return createZodParser(z.fromJSONSchema(schema));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodeActError(
      "invalid_input",
      `Arguments cannot be checked against the input of ${toolPath(owner)}: ${why}.`,
      { hint: "Say it in a simpler schema, or in a zod schema." },
    );
  }
}

function createZodParser(schema: z.ZodType): (input: unknown) => unknown {
  return (input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    throw new TypeError(parsed.error.issues.map(describeIssue).join("; "));
  };
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : index === 0 ? String(part) : `.${String(part)}`,
  );
  return where.length === 0 ? message : `${where.join("")}: ${message}`;
}

function isZod(schema: unknown): schema is z.ZodType {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}
