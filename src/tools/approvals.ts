import { randomUUID } from "node:crypto";
import { type ApprovalAction, type ApprovalPolicy, actionFor } from "./approval-policy.ts";
import { toolPath } from "./python-function.ts";
import type { ToolEvent } from "./tool-events.ts";
import type { Tool } from "./tool.ts";
import { timerDelay } from "../timer-delay.ts";

const defaultTimeoutMs = 10 * 60_000;
const nobodyReason = "it needs an approval and nobody is here to give it";

/** A call that waits for somebody's word. */
export interface ApprovalRequest {
  /** Unique. */
  readonly id: string;
  readonly callId: string;
  /** As code calls it, such as `github.create_issue`. */
  readonly tool: string;
  readonly description: string;
  /** The checked arguments. They came from code: untrusted. */
  readonly input: unknown;
}

/**
 * The answer. `remember` makes it hold for later calls too, and for those that wait already: of the same tool with
 * whatever arguments, or of the same tool with the same arguments, which then get the same `input` too.
 */
export type ApprovalDecision =
  | {
      readonly approved: true;
      /** Arguments to call with instead. */
      readonly input?: unknown;
      readonly remember?: "tool" | "call";
    }
  | {
      readonly approved: false;
      /** For the model. */
      readonly reason?: string;
      readonly remember?: "tool" | "call";
    };

/** Decides about a call. The signal fires when the answer is not wanted any more. Throwing is a denial. */
export type OnApproval = (
  request: ApprovalRequest,
  options: { readonly signal: AbortSignal },
) => ApprovalDecision | Promise<ApprovalDecision>;

export interface ApprovalsOptions {
  readonly policy?: ApprovalPolicy;
  /** Who is asked. Without anybody, what needs an approval is refused. */
  readonly onApproval?: OnApproval;
  /** Time after which a request without an answer is denied. Default: 10 minutes. */
  readonly timeoutMs?: number;
  readonly onEvent?: (event: ToolEvent) => void;
}

/** Lets calls pass, or not. */
export interface Approvals {
  /**
   * Resolves with the arguments to call with. Rejects with a sentence for the model when the call is denied: by the
   * policy, by a person, or because there is no answer.
   */
  check(tool: Tool, input: unknown, call: PendingCall): Promise<unknown>;
}

/** The call that wants to pass. */
export interface PendingCall {
  readonly callId: string;
  readonly signal: AbortSignal;
  suspendDeadline(): () => void;
}

interface Answer {
  readonly decision: ApprovalDecision;
  /** Whether a person gave it; otherwise it is a denial because nobody did. */
  readonly isGiven: boolean;
}

interface Waiting {
  readonly tool: string;
  readonly key: string;
  readonly settle: (answer: Answer) => void;
}

/** Makes the approvals of one conversation; decisions are remembered as long as it lives. */
export function createApprovals(options: ApprovalsOptions): Approvals {
  const { policy = {}, onApproval, timeoutMs = defaultTimeoutMs, onEvent = () => {} } = options;
  const remembered = new Map<string, ApprovalDecision>();
  const waiting = new Set<Waiting>();

  async function actionOf(tool: Tool, path: string, input: unknown): Promise<ApprovalAction> {
    const { needsApproval = false } = tool;
    return (
      actionFor(policy, path, input) ??
      ((typeof needsApproval === "function" ? await needsApproval(input) : needsApproval)
        ? "ask"
        : "allow")
    );
  }

  function remember(path: string, key: string, decision: ApprovalDecision): void {
    if (decision.remember === undefined) return;
    const isOfTool = decision.remember === "tool";
    const lasting = isOfTool ? withoutInput(decision) : decision;
    remembered.set(isOfTool ? path : key, lasting);
    for (const other of waiting) {
      const isMeant = isOfTool ? other.tool === path : other.key === key;
      if (isMeant) other.settle({ decision: lasting, isGiven: true });
    }
  }

  /** Asks, and takes the first of: an answer, one remembered meanwhile, the end of the call, the end of patience. */
  async function ask(request: ApprovalRequest, key: string, call: PendingCall): Promise<Answer> {
    if (onApproval === undefined) return denied(nobodyReason);
    const answer = Promise.withResolvers<Answer>();
    const entry: Waiting = { tool: request.tool, key, settle: answer.resolve };
    const over = new AbortController();
    const giveUp = (): void =>
      answer.resolve(denied("the call was given up before it was approved"));
    const timer = setTimeout(() => {
      answer.resolve(denied(`nobody approved it within ${timeoutMs / 1000} seconds`));
    }, timerDelay(timeoutMs));
    const resume = call.suspendDeadline();
    waiting.add(entry);
    call.signal.addEventListener("abort", giveUp);
    if (call.signal.aborted) giveUp();
    Promise.resolve()
      .then(() => onApproval(request, { signal: over.signal }))
      .then(
        (decision: unknown) => answer.resolve(readAnswer(decision)),
        () => answer.resolve(denied("asking for an approval failed")),
      );
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener("abort", giveUp);
      waiting.delete(entry);
      over.abort();
      resume();
    }
  }

  return {
    async check(tool, input, call) {
      const path = toolPath(tool);
      const action = await actionOf(tool, path, input);
      if (action === "allow") return input;
      if (action === "deny") throw new Error("the policy does not allow this call");
      const key = callKey(path, input, call.callId);
      const known = remembered.get(key) ?? remembered.get(path);
      if (known !== undefined) return follow(known, tool, input);

      const { callId } = call;
      const id = `approval-${randomUUID()}`;
      const request = { id, callId, tool: path, description: tool.description, input };
      onEvent({ type: "approval-request", ...request });
      const { decision, isGiven } = await ask(request, key, call);
      onEvent({
        type: "approval-decision",
        id,
        callId,
        tool: path,
        approved: decision.approved,
        ...(!decision.approved && decision.reason !== undefined && { reason: decision.reason }),
        ...(decision.approved && decision.input !== undefined && { input: decision.input }),
      });
      if (isGiven) remember(path, key, decision);
      return follow(decision, tool, input);
    },
  };
}

/** Equal for calls of the same tool with the same arguments; what is not plain data is like no other. */
function callKey(path: string, input: unknown, callId: string): string {
  try {
    return `${path}(${JSON.stringify(input)})`;
  } catch {
    return `${path}#${callId}`;
  }
}

/** Reads what may come from a program without types. */
function readAnswer(decision: unknown): Answer {
  if (typeof decision !== "object" || decision === null || !("approved" in decision)) {
    return denied("the answer was no decision");
  }
  // Nothing but true approves.
  const isApproved = decision.approved === true;
  return { decision: { ...(decision as ApprovalDecision), approved: isApproved }, isGiven: true };
}

function denied(reason: string): Answer {
  return { decision: { approved: false, reason }, isGiven: false };
}

/** What holds of a decision for calls with other arguments: not those that it put in their place. */
function withoutInput(decision: ApprovalDecision): ApprovalDecision {
  return decision.approved ? { approved: true } : decision;
}

function follow(decision: ApprovalDecision, tool: Tool, input: unknown): unknown {
  if (decision.approved) {
    return decision.input === undefined ? input : tool.parse(decision.input);
  }
  const { reason } = decision;
  throw new Error(reason ? `not approved: ${reason}` : "the user refused this call");
}
