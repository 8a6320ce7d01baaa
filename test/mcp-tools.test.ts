import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "../src/agent/events.ts";
import { runCli } from "../src/cli/program.ts";

const everything = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);
const filesystem = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"),
);

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-mcp-"));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

/** Runs `codeact run` with a model that writes these cells and then answers. */
async function run(mcpServers: object, ...cells: readonly string[]) {
  writeFileSync(join(cwd, "mcp.json"), JSON.stringify({ mcpServers }));
  const replies = [...cells.map((code) => `<execute>\n${code}\n</execute>`), "Done."];
  writeFileSync(
    join(cwd, "replies.jsonl"),
    replies.map((text) => `${JSON.stringify({ text })}\n`).join(""),
  );
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(
    [
      "run",
      "--json",
      "--mcp",
      "mcp.json",
      "--model",
      `replay:${join(cwd, "replies.jsonl")}`,
      "the task",
    ],
    {
      env: { PATH: process.env["PATH"], HOME: cwd, CODEACT_PYTHON: "python3" },
      cwd,
      stdin: Readable.from([""]),
      stdout,
      stderr,
      fetch: () => Promise.reject(new TypeError("no server answers")),
    },
  );
  const text = (stdout.read() as Buffer | null)?.toString() ?? "";
  const lines = text.split("\n").filter((line) => line !== "");
  const events = lines.map((line) => JSON.parse(line) as AgentEvent);
  const printed = events
    .flatMap((event) => (event.type === "output" && event.output.type === "stream" ? [event] : []))
    .map((event) => (event.output.type === "stream" ? event.output.text : ""))
    .join("");
  return { code, events, printed, stderr: (stderr.read() as Buffer | null)?.toString() ?? "" };
}

describe("MCP servers as modules of a sandboxed session", () => {
  it("are called in parallel, fail with ToolError and are described in Python", async () => {
    const { code, printed, events } = await run(
      { "every-thing": { command: process.execPath, args: [everything, "stdio"] } },
      `import asyncio, every_thing
print(every_thing.get_sum(1, b=2))
print(await asyncio.gather(*[every_thing.get_sum(n, n) for n in range(3)]))
print(every_thing.get_structured_content("Chicago")["conditions"] != "")
try:
    await every_thing.get_sum("one", 2)
except ToolError as error:
    print("expected number" in str(error))
print(every_thing.get_sum.__doc__.splitlines()[0], every_thing.__doc__.splitlines()[0])`,
    );
    expect(printed).toBe(`The sum of 1 and 2 is 3.
['The sum of 0 and 0 is 0.', 'The sum of 1 and 1 is 2.', 'The sum of 2 and 2 is 4.']
True
True
Returns the sum of two numbers The MCP server Everything Reference Server.
`);
    const calls = events.filter((event) => event.type === "tool-call-end");
    expect(calls).toHaveLength(6);
    expect(code).toBe(0);
  });

  it("reach only what their own configuration gives them", async () => {
    const folder = join(cwd, "shared");
    const { printed } = await run(
      { files: { command: process.execPath, args: [filesystem, cwd] } },
      `import files
files.create_directory(${JSON.stringify(folder)})
files.write_file(${JSON.stringify(join(folder, "a.txt"))}, "from the sandbox")
import os
print(os.path.exists(${JSON.stringify(folder)}))
try:
    files.read_text_file("/etc/hostname")
except ToolError as error:
    print("Access denied" in str(error))`,
    );
    expect(printed).toBe("False\nTrue\n");
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("from the sandbox");
  });

  it("many tools are found by search instead of filling the prompt", async () => {
    const three = Object.fromEntries(
      ["one", "two", "three", "four"].map((name) => [
        name,
        { command: process.execPath, args: [everything, "stdio"] },
      ]),
    );
    const { printed } = await run(
      three,
      `found = tools.search("add two numbers sum", limit=50)
names = sorted(f["name"] for f in found if f["name"].endswith("get_sum"))
print(names, found[0]["signature"])
import three
print(three.get_sum(20, 22))`,
    );
    expect(printed).toBe(
      "['four.get_sum', 'one.get_sum', 'three.get_sum', 'two.get_sum'] (a: float, b: float) -> Any\nThe sum of 20 and 22 is 42.\n",
    );
  });

  it("a server that can't be used is told, and the run goes on without it", async () => {
    const { code, printed, stderr } = await run(
      { gone: { command: "/no/such/program" } },
      "print('gone' in globals())",
    );
    expect(stderr).toContain("codeact: The MCP server gone (`/no/such/program`) could not be used");
    expect(printed).toBe("False\n");
    expect(code).toBe(0);
  });
});
