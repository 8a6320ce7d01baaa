import type { AgentOptions } from "./agent-options.ts";
import { createAgentTools, type AgentTools } from "./agent-tools.ts";
import { createCallScope } from "./calls/call-scope.ts";
import { createCallTools, type CallToolsOptions } from "./calls/calls.ts";

/**
 * Makes the tools that an agent's options ask for, calls back to the model included; undefined when there are none.
 * `work` has a sub-agent work.
 */
export function toolsFor(
  options: AgentOptions,
  work: CallToolsOptions["work"],
): AgentTools | undefined {
  const { toolModules, maxToolCalls, approvals, onApproval, approvalTimeoutMs } = options;
  const scope = createCallScope();
  const back = options.calls && {
    calls: options.calls,
    model: options.model,
    scope,
    ...(options.runtime && { runtime: options.runtime }),
    work,
  };
  const tools = [...(options.tools ?? []), ...(back ? createCallTools(back) : [])];
  if (tools.length === 0) return undefined;
  return createAgentTools({
    tools,
    scope,
    ...(toolModules && { modules: toolModules }),
    ...(maxToolCalls !== undefined && { maxCalls: maxToolCalls }),
    approvals: {
      ...(approvals && { policy: approvals }),
      ...(onApproval && { onApproval }),
      ...(approvalTimeoutMs !== undefined && { timeoutMs: approvalTimeoutMs }),
    },
  });
}
