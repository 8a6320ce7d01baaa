import { CodeActError } from "../../errors.ts";
import type { OpenOptions, Runtime } from "../../execution/runtime.ts";
import type { Model } from "../../models/model.ts";
import type { Tool } from "../../tools/tool.ts";
import { type AgentCallOptions, createAgentTool } from "./agent-call.ts";
import type { CallScope } from "./call-scope.ts";
import { createLlmTool } from "./llm-call.ts";

/** Which calls back to the model code may make. What they use counts as the run's own. */
export interface CallsSettings {
  /** Offers `llm(prompt, schema=None, images=None, cache=False)`. */
  readonly llm?: boolean | { readonly concurrency?: number };
  /** Offers `agent(task, files=None, schema=None, max_turns=10)`. */
  readonly agent?: boolean | SubAgentSettings;
}

export interface SubAgentSettings {
  /** Where sub-agents work. Default: the agent's own runtime. */
  readonly runtime?: Pick<Runtime, "open">;
  readonly limits?: OpenOptions["limits"];
  /** Replies of the model that one sub-agent may have. Default: 10. */
  readonly maxTurns?: number;
  /** Sub-agents that work at a time; more wait. Default: 4. */
  readonly concurrency?: number;
}

export interface CallToolsOptions {
  readonly calls: CallsSettings;
  readonly model: Model;
  readonly scope: CallScope;
  readonly runtime?: Pick<Runtime, "open">;
  readonly work: AgentCallOptions["work"];
}

/** Makes the tools by which code calls back. Throws `invalid_input` when sub-agents have no runtime. */
export function createCallTools(options: CallToolsOptions): readonly Tool[] {
  const { calls, model, scope, work } = options;
  const tools: Tool[] = [];
  if (calls.llm !== undefined && calls.llm !== false) {
    tools.push(createLlmTool({ model, scope, ...(calls.llm === true ? {} : calls.llm) }));
  }
  if (calls.agent !== undefined && calls.agent !== false) {
    const { runtime = options.runtime, ...settings } = calls.agent === true ? {} : calls.agent;
    if (runtime === undefined) {
      throw new CodeActError("invalid_input", "Sub-agents need a runtime to work in.", {
        hint: "Pass `calls: { agent: { runtime } }`, or give the agent a runtime instead of a session.",
      });
    }
    tools.push(createAgentTool({ runtime, scope, work, ...settings }));
  }
  return tools;
}
