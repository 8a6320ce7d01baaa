import { inspect } from "node:util";
import { CodeActError } from "../errors.ts";
import type { CallContext, FunctionHost } from "../execution/host-functions.ts";
import { type Approvals, createApprovals } from "./approvals.ts";
import { pythonFunction, toolPath } from "./python-function.ts";
import type { ToolEvent } from "./tool-events.ts";
import type { Tool } from "./tool.ts";

const maxPreviewCharacters = 500;

export interface ToolHostOptions {
  readonly tools: readonly Tool[];
  /** Docstrings of the Python modules that hold tools, by name. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Hears of every call. Must not throw. */
  readonly onEvent?: (event: ToolEvent) => void;
  /** Lets calls pass, or not. Default: all pass that need no approval. */
  readonly approvals?: Approvals;
  /** Says why no further call is allowed, if so. */
  readonly reasonToRefuse?: () => string | undefined;
}

/** Makes tools callable from code: what `Session.provide` takes. Throws `invalid_input` for two tools of one name. */
export function createToolHost(options: ToolHostOptions): FunctionHost {
  const { modules, onEvent = () => {}, reasonToRefuse = () => undefined } = options;
  const approvals = options.approvals ?? createApprovals({});
  const tools = new Map<string, Tool>();
  for (const tool of options.tools) {
    const path = toolPath(tool);
    if (tools.has(path)) {
      throw new CodeActError("invalid_input", `There are two tools named ${path}.`);
    }
    tools.set(path, tool);
  }

  async function perform(
    tool: Tool,
    input: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<unknown> {
    const reason = reasonToRefuse();
    if (reason !== undefined) throw new Error(reason);
    const approved = await approvals.check(tool, tool.parse(input), context);
    return await tool.run(approved, context);
  }

  return {
    functions: options.tools.map(pythonFunction),
    ...(modules && { modules }),
    async call(id, input, context) {
      const { callId, signal } = context;
      const tool = tools.get(id);
      if (tool === undefined) throw new Error(`there is no tool ${id}`);
      const startedMs = performance.now();
      onEvent({ type: "tool-call-start", callId, tool: id, input });
      let hasEnded = false;
      const end = (how: { error: string } | { preview: string }): void => {
        if (hasEnded) return;
        hasEnded = true;
        const durationMs = performance.now() - startedMs;
        onEvent({ type: "tool-call-end", callId, tool: id, durationMs, ...how });
      };
      // A tool may go on after that; the call is over.
      signal.addEventListener("abort", () => end({ error: "the call was given up" }));
      try {
        const result = await perform(tool, input, context);
        end({ preview: preview(result) });
        return result;
      } catch (error) {
        end({ error: error instanceof Error ? error.message : String(error) });
        throw error;
      }
    },
  };
}

/** A result in short, for people. */
function preview(result: unknown): string {
  const text = inspect(result, {
    breakLength: Infinity,
    customInspect: false,
    maxArrayLength: 20,
    maxStringLength: maxPreviewCharacters,
  });
  return text.length > maxPreviewCharacters ? `${text.slice(0, maxPreviewCharacters)}…` : text;
}
