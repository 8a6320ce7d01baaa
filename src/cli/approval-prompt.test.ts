import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ApprovalRequest } from "../tools/approvals.ts";
import { createApprovalPrompt } from "./approval-prompt.ts";
import type { CliContext } from "./cli-context.ts";

const request: ApprovalRequest = {
  id: "approval-1",
  callId: "call-1",
  tool: "disk.remove",
  description: "Removes a file.",
  input: { path: "a\u001b[2J\u202eb" },
};
const never = new AbortController().signal;

function terminal(isTTY: boolean): {
  context: CliContext;
  stdin: PassThrough;
  screen: () => string;
} {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} });
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  const context = {
    stdin,
    stderr,
    stdout: new PassThrough(),
    env: {},
    cwd: "/",
    fetch: () => Promise.reject(new Error("no")),
    setExitCode() {},
  };
  let text = "";
  stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { context, stdin, screen: () => text };
}

describe("the prompt for approvals", () => {
  it.each([
    ["y", { approved: true }],
    ["Always", { approved: true, remember: "tool" }],
    ["no", { approved: false }],
    ["n because it is mine", { approved: false, reason: "it is mine" }],
    ["v", { approved: false, remember: "tool" }],
  ])("takes %j", async (typed, decision) => {
    const { context, stdin, screen } = terminal(true);
    const answer = createApprovalPrompt(context)(request, { signal: never });
    stdin.write(`${typed}\r`);
    expect(await answer).toEqual(decision);
    expect(screen()).toContain("disk.remove");
    expect(screen()).toContain(String.raw`"path": "a\u001b[2J\u202eb"`);
  });

  it("asks again for what it does not understand", async () => {
    const { context, stdin, screen } = terminal(true);
    const answer = createApprovalPrompt(context)(request, { signal: never });
    stdin.write("what?\r");
    await expect.poll(() => screen().split("[y]es").length).toBe(3);
    stdin.write("y\r");
    expect(await answer).toEqual({ approved: true });
  });

  it("lets arguments be edited", async () => {
    const { context, stdin, screen } = terminal(true);
    const answer = createApprovalPrompt(context)(request, { signal: never });
    stdin.write("e\r");
    await expect.poll(screen).toContain(String.raw`{"path":"a\u001b`);
    stdin.write('\u0015{"path":"c"}\r');
    expect(await answer).toEqual({ approved: true, input: { path: "c" } });
  });

  it("asks one after the other, and not for what is settled", async () => {
    const { context, stdin, screen } = terminal(true);
    const ask = createApprovalPrompt(context);
    const settled = new AbortController();
    const answers = [
      ask(request, { signal: never }),
      ask({ ...request, tool: "second" }, { signal: settled.signal }),
      ask({ ...request, tool: "third" }, { signal: never }),
    ];
    settled.abort();
    stdin.write("y\r");
    expect(await answers[0]).toEqual({ approved: true });
    await expect.poll(screen).toContain("third");
    stdin.write("n\r");
    expect(await Promise.all(answers.map(async (answer) => await answer))).toEqual([
      { approved: true },
      { approved: false },
      { approved: false },
    ]);
    expect(screen()).not.toContain("second");
  });

  it("denies without a terminal, and says so", async () => {
    const { context, screen } = terminal(false);
    expect(await createApprovalPrompt(context)(request, { signal: never })).toEqual({
      approved: false,
      reason: "it needs an approval and nobody is here to give it",
    });
    expect(screen()).toBe(
      "codeact: Calls of disk.remove are refused: they need an approval, and there is no terminal to ask on.\n  Allow them with --allow-tool disk.remove.\n",
    );
  });
});
