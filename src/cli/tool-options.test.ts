import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./program.ts";

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-tools-"));
  const definition = new URL("../tools/tool.ts", import.meta.url).href;
  writeFileSync(
    join(cwd, "disk.mjs"),
    `import { tool } from ${JSON.stringify(definition)};
const path = { type: "object", properties: { path: { type: "string" } }, required: ["path"] };
export const read = tool({ name: "read", module: "disk", description: "Reads.", input: path, run: ({ path }) => "text of " + path });
export const remove = tool({ name: "remove", module: "disk", description: "Removes.", input: path, needsApproval: true, run: ({ path }) => "removed " + path });
`,
  );
  writeFileSync(join(cwd, "empty.mjs"), "export const nothing = 1;\n");
  writeFileSync(join(cwd, "policy.json"), '{"default": "deny"}');
  const code =
    "for f in (disk.read, disk.remove):\n    for p in 'ab':\n        try: print(f(p))\n        except ToolError as e: print(e)";
  const replies = [`<execute>\n${code}\n</execute>`, "Done."];
  writeFileSync(
    join(cwd, "replies.jsonl"),
    replies.map((text) => `${JSON.stringify({ text })}\n`).join(""),
  );
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; lines: string[]; stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const task = ["run", "--runtime", "bare", "--model", `replay:${join(cwd, "replies.jsonl")}`];
  const code = await runCli([...task, ...args, "the task"], {
    env: { PATH: process.env["PATH"], HOME: cwd, CODEACT_PYTHON: "python3" },
    cwd,
    stdin: Readable.from([""]),
    stdout,
    stderr,
    fetch: () => Promise.reject(new TypeError("no server answers")),
  });
  const text = String(stdout.read() ?? "");
  const printed = text.split("\n").filter((line) => /^ {2}\S/.test(line));
  return { code, lines: printed.map((line) => line.trim()), stderr: String(stderr.read() ?? "") };
}

const noPerson = "not approved: it needs an approval and nobody is here to give it";

describe("codeact run with tools", () => {
  it("refuses what needs an approval where nobody can give it, and says so", async () => {
    const { code, lines, stderr } = await run("--tools", "disk.mjs");
    expect(lines).toEqual(["text of a", "text of b", noPerson, noPerson]);
    expect(stderr).toContain("codeact: Calls of disk.remove are refused: they need an approval");
    expect(code).toBe(0);
  });

  it("follows rules for calls, the refusals first", async () => {
    const { lines } = await run(
      "--tools=disk.mjs",
      "--allow-tool=disk.remove",
      "--deny-tool=disk.*(path=b)",
    );
    const denied = "the policy does not allow this call";
    expect(lines).toEqual(["text of a", denied, "removed a", denied]);
  });

  it("takes no rule for a tool that is not there", async () => {
    const { code, stderr } = await run("--tools", "disk.mjs", "--deny-tool", "disk.remvoe");
    expect(stderr).toContain(
      "codeact: No tool is called disk.remvoe.\n  The tools are disk.read, disk.remove.\n",
    );
    expect(code).toBe(2);
  });

  it("follows a policy from a file", async () => {
    const { lines } = await run(
      "--tools=disk.mjs",
      "--approvals=policy.json",
      "--allow-tool=disk.read",
    );
    const denied = "the policy does not allow this call";
    expect(lines).toEqual(["text of a", "text of b", denied, denied]);
  });

  it.each([
    [["--tools=empty.mjs"], "exports no tools"],
    [["--tools=missing.mjs"], "could not be loaded"],
    [["--allow-tool=f(x"], "is no rule for tools"],
    [["--approvals=missing.json"], "missing.json does not exist"],
    [["--approvals=empty.mjs"], "is not valid JSON"],
  ])("says what is wrong with %j", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
