import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { CodeActError } from "../../errors.ts";
import type { ToolCallPart } from "../../models/model.ts";
import { isTakenName, uniquePythonName } from "../../tools/python-name.ts";
import { tool, type JsonSchema, type Tool } from "../../tools/tool.ts";

/** A tool that the client of the API declares and runs itself. */
export interface ClientTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: JsonSchema;
}

/** The tools of a client as functions of the code: a call waits until the client has sent its result. */
export interface ClientTools {
  readonly tools: readonly Tool[];
  /** Whether code waits for results. */
  readonly isWaiting: boolean;
  /** Resolves once there are calls that the client has not been told of; the same promise until they are taken. */
  called(): Promise<void>;
  /** All calls without a result, for the client. */
  takeCalls(): readonly ToolCallPart[];
  /** Throws `invalid_input` when the result of a call is missing. */
  check(results: ReadonlyMap<string, string>): void;
  /** Hands results over, by the ids of their calls. */
  answer(results: ReadonlyMap<string, string>): void;
}

/** Calls that code makes at once come a little after each other; they are told together. */
const gatherMs = 20;

interface OpenCall {
  readonly part: ToolCallPart;
  readonly resolve: (result: unknown) => void;
}

/** Makes functions of a client's tools. Throws `invalid_input` for one that Python can't have. */
export function createClientTools(declared: readonly ClientTool[]): ClientTools {
  const open = new Map<string, OpenCall>();
  const names = new Set<string>();
  let fresh = Promise.withResolvers<void>();

  async function call(name: string, input: unknown, suspend?: () => () => void): Promise<unknown> {
    const id = `call_${randomUUID().replaceAll("-", "")}`;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const part = { type: "tool-call", id, name, arguments: JSON.stringify(input) } as const;
    open.set(id, { part, resolve });
    const resume = suspend?.();
    void delay(gatherMs).then(() => fresh.resolve());
    try {
      return await promise;
    } finally {
      open.delete(id);
      resume?.();
    }
  }

  return {
    tools: declared.map(({ name, description, parameters }) => {
      const own = uniquePythonName(isTakenName(name) ? `${name}_` : name, names);
      return tool({
        name: own,
        description,
        input: parameters,
        run: (input, context) => call(name, input, context.suspendDeadline),
      });
    }),
    get isWaiting() {
      return open.size > 0;
    },
    called: () => fresh.promise,
    takeCalls() {
      fresh = Promise.withResolvers();
      return [...open.values()].map(({ part }) => part);
    },
    check(results) {
      const missing = [...open.keys()].filter((id) => !results.has(id));
      if (missing.length > 0) {
        throw new CodeActError("invalid_input", `The result of ${missing.join(", ")} is missing.`, {
          hint: "Send a message of the role tool for each call.",
        });
      }
    },
    answer(results) {
      for (const [id, { resolve }] of open) {
        const result = results.get(id);
        if (result !== undefined) resolve(resultValue(result));
      }
    },
  };
}

/** Results are texts; those that are JSON become data, since that is what most tools answer with. */
function resultValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
