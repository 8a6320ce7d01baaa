import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ApprovalDecision, createApprovals } from "./approvals.ts";
import type { ApprovalsOptions, PendingCall } from "./approvals.ts";
import type { ToolEvent } from "./tool-events.ts";
import { tool } from "./tool.ts";

const remove = tool({
  name: "remove",
  module: "disk",
  description: "Removes a file.",
  input: z.object({ path: z.string() }),
  needsApproval: ({ path }) => !path.startsWith("tmp/"),
  run: () => null,
});

function setUp(options: ApprovalsOptions = {}): {
  events: ToolEvent[];
  check: (path: string, signal?: AbortSignal) => Promise<unknown>;
  clock: string[];
} {
  const events: ToolEvent[] = [];
  const clock: string[] = [];
  const approvals = createApprovals({ onEvent: (event) => events.push(event), ...options });
  let calls = 0;
  return {
    events,
    clock,
    check(path, signal = new AbortController().signal) {
      const call: PendingCall = {
        callId: `call-${++calls}`,
        signal,
        suspendDeadline() {
          clock.push("stopped");
          return () => clock.push("goes on");
        },
      };
      return approvals.check(remove, { path }, call);
    },
  };
}

describe("an approval", () => {
  it("is not needed where the tool says so", async () => {
    const { check, events } = setUp();
    expect(await check("tmp/x")).toEqual({ path: "tmp/x" });
    expect(events).toEqual([]);
  });

  it("is asked for, told as events, and stops the clock", async () => {
    const { check, events, clock } = setUp({
      onApproval: ({ input }) => ({ approved: (input as { path: string }).path === "a" }),
    });
    expect(await check("a")).toEqual({ path: "a" });
    await expect(check("b")).rejects.toThrow("the user refused this call");
    const id = expect.stringMatching(/^approval-/);
    const about = { id, tool: "disk.remove" };
    expect(events).toEqual([
      {
        type: "approval-request",
        ...about,
        callId: "call-1",
        description: "Removes a file.",
        input: { path: "a" },
      },
      { type: "approval-decision", ...about, callId: "call-1", approved: true },
      expect.objectContaining({ type: "approval-request", callId: "call-2" }),
      { type: "approval-decision", ...about, callId: "call-2", approved: false },
    ]);
    expect(clock).toEqual(["stopped", "goes on", "stopped", "goes on"]);
  });

  it("can be denied with a reason, or given with other arguments, which are checked", async () => {
    const { check, events } = setUp({
      onApproval({ input }) {
        const { path } = input as { path: string };
        if (path === "a") return { approved: true, input: { path: "b", more: 1 } };
        if (path === "wrong") return { approved: true, input: { path: 7 } };
        return { approved: false, reason: "keep it" };
      },
    });
    expect(await check("a")).toEqual({ path: "b" });
    expect(events[1]).toMatchObject({ approved: true, input: { path: "b", more: 1 } });
    await expect(check("wrong")).rejects.toThrow("path: Invalid input");
    await expect(check("c")).rejects.toThrow("not approved: keep it");
  });

  it("can be remembered for the tool or for the very call, and then settles calls that wait", async () => {
    let asked = 0;
    const first = Promise.withResolvers<void>();
    const { check } = setUp({
      async onApproval({ input }) {
        asked += 1;
        const { path } = input as { path: string };
        if (path === "same") return { approved: false, reason: "no", remember: "call" };
        if (path !== "first") return new Promise<never>(() => {});
        await first.promise;
        return { approved: true, remember: "tool" };
      },
    });
    await expect(check("same")).rejects.toThrow("no");
    await expect(check("same")).rejects.toThrow("no");
    expect(asked).toBe(1);
    const parallel = ["first", "second", "third"].map((path) => check(path));
    first.resolve();
    expect(await Promise.all(parallel)).toEqual([
      { path: "first" },
      { path: "second" },
      { path: "third" },
    ]);
    expect(await check("fourth")).toEqual({ path: "fourth" });
    await expect(check("same")).rejects.toThrow("no");
    expect(asked).toBe(4);
  });

  it("never lets pass what was put right when a call is remembered", async () => {
    const { check } = setUp({
      onApproval: async () => ({ approved: true, input: { path: "safe" }, remember: "call" }),
    });
    const parallel = [check("risky"), check("risky")];
    expect(await Promise.all(parallel)).toEqual([{ path: "safe" }, { path: "safe" }]);
    expect(await check("risky")).toEqual({ path: "safe" });
  });

  it("can be waited for without an end", async () => {
    const answer = Promise.withResolvers<ApprovalDecision>();
    const { check } = setUp({ timeoutMs: Infinity, onApproval: () => answer.promise });
    const checking = check("a");
    // A timer that fires at once would have denied it by then.
    setTimeout(() => answer.resolve({ approved: true }), 20);
    expect(await checking).toEqual({ path: "a" });
  });

  it.each<[string, ApprovalsOptions, string]>([
    ["nobody is asked", {}, "not approved: it needs an approval and nobody is here to give it"],
    [
      "asking throws",
      {
        onApproval() {
          throw new Error("broken");
        },
      },
      "not approved: asking for an approval failed",
    ],
    [
      "there is no answer in time",
      { timeoutMs: 5, onApproval: () => new Promise(() => {}) },
      "not approved: nobody approved it within 0.005 seconds",
    ],
    [
      "the answer is no decision",
      { onApproval: () => "yes" as never },
      "not approved: the answer was no decision",
    ],
    ["the policy says no", { policy: { default: "deny" } }, "the policy does not allow this call"],
  ])("is a denial when %s", async (_when, options, message) => {
    const { check, events } = setUp(options);
    await expect(check("a")).rejects.toThrow(message);
    const decided = events.filter((event) => event.type === "approval-decision");
    expect(decided.every(({ approved }) => !approved)).toBe(true);
  });

  it("is a denial when the call is given up, whenever that is", async () => {
    const abort = new AbortController();
    const signals: AbortSignal[] = [];
    const { check, clock } = setUp({
      onApproval: (_request, { signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const checking = check("a", abort.signal);
    setImmediate(() => abort.abort());
    await expect(checking).rejects.toThrow("given up before it was approved");
    await expect(check("b", abort.signal)).rejects.toThrow("given up before it was approved");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.filter((what) => what === "stopped")).toHaveLength(2);
    expect(clock.filter((what) => what === "goes on")).toHaveLength(2);
  });
});
