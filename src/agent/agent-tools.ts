import { CodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";
import type { FunctionDescription } from "../formats/format.ts";
import { type ApprovalsOptions, createApprovals } from "../tools/approvals.ts";
import { offerTools } from "../tools/offer-tools.ts";
import type { ToolEvent } from "../tools/tool-events.ts";
import { createToolHost } from "../tools/tool-host.ts";
import type { Tool } from "../tools/tool.ts";
import type { BudgetMeter } from "./budget.ts";
import type { MutableCallScope } from "./calls/call-scope.ts";
import { createRunProgress } from "./run-progress.ts";
import type { RunProgress } from "./run-progress.ts";

export interface AgentToolsOptions {
  readonly tools: readonly Tool[];
  /** Docstrings of the Python modules that hold tools, by name. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Who may call what. */
  readonly approvals?: Omit<ApprovalsOptions, "onEvent">;
  /** Told of the session and of each run, for tools that need them. */
  readonly scope?: MutableCallScope;
  /** Calls in one run. Default: no limit but the session's own. */
  readonly maxCalls?: number;
}

/** The tools of one agent, in whatever session it works. */
export interface AgentTools {
  /** What the model is told of them. */
  readonly functions: readonly FunctionDescription[];
  /** Makes the tools callable in a session. Rejects with `not_supported` where that can't be done. */
  provide(session: Session): Promise<void>;
  /** Calls are counted in the run's progress. */
  startRun(meter: BudgetMeter, progress: RunProgress): void;
  /** Has events go to `listener` until `unlisten` is called. */
  listen(listener: (event: ToolEvent) => void): () => void;
}

/** Makes the tools of an agent. Throws `invalid_input` for tools that can't stand side by side. */
export function createAgentTools(options: AgentToolsOptions): AgentTools {
  const { modules, scope, maxCalls = Infinity } = options;
  const { tools, functions } = offerTools(options.tools);
  let listener: ((event: ToolEvent) => void) | undefined;
  let progress = createRunProgress();
  const onEvent = (event: ToolEvent): void => listener?.(event);
  const host = createToolHost({
    tools,
    approvals: createApprovals({ ...options.approvals, onEvent }),
    ...(modules && { modules }),
    onEvent,
    reasonToRefuse() {
      progress.toolCalls += 1;
      return progress.toolCalls > maxCalls
        ? `the limit of ${maxCalls} calls in a run is reached`
        : undefined;
    },
  });
  return {
    functions,
    async provide(session) {
      if (tools.length === 0) return;
      if (session.provide === undefined) {
        throw new CodeActError("not_supported", "Sessions of this runtime cannot call tools.", {
          hint: "Use another runtime, such as the sandbox, or no tools.",
        });
      }
      await session.provide(host);
      scope?.enter(session);
    },
    startRun(meter, counted) {
      progress = counted;
      scope?.start(meter);
    },
    listen(added) {
      listener = added;
      return () => {
        if (listener === added) listener = undefined;
      };
    },
  };
}
