import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterEach, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const clients: Client[] = [];

/** Connects as an MCP host does: it starts the command and speaks over its standard streams. */
async function connect(...args: readonly string[]): Promise<Client> {
  const client = new Client({ name: "host", version: "1" });
  clients.push(client);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [main, "mcp", ...args],
      env: { ...process.env, CODEACT_PYTHON: "python3" },
      stderr: "ignore",
    }),
  );
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const bare = ["--runtime", "bare"];

/** Calls a tool and returns what a model would read. */
async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: args });
  return {
    isError: result.isError === true,
    content: result.content.map((part) => (part.type === "text" ? part.text : part)),
  };
}

describe("codeact mcp", () => {
  it("keeps state from call to call and tells errors as the model reads them", async () => {
    const client = await connect(...bare);
    expect((await client.listTools()).tools.map((tool) => tool.name).sort()).toEqual([
      "list_files",
      "list_variables",
      "read_file",
      "reset",
      "run_python",
      "write_file",
    ]);
    expect(await call(client, "run_python", { code: "x = 20\nprint('set')" })).toEqual({
      isError: false,
      content: ["set"],
    });
    expect(await call(client, "run_python", { code: "x + 22" })).toEqual({
      isError: false,
      content: ["42"],
    });
    const failed = await call(client, "run_python", { code: "y" });
    expect(failed.isError).toBe(true);
    expect(failed.content[0]).toContain("NameError: name 'y' is not defined");
    const [variables] = (await call(client, "list_variables")).content;
    expect(JSON.parse(variables as string)).toMatchObject([{ name: "x", type: "int" }]);
    expect((await call(client, "reset")).isError).toBe(false);
    expect((await call(client, "run_python", { code: "x" })).content[0]).toContain("NameError");
  });

  it("reads and writes files, beneath the workspace only", async () => {
    const client = await connect(...bare);
    expect(await call(client, "write_file", { path: "data/a.txt", text: "café" })).toEqual({
      isError: false,
      content: ["Wrote 5 bytes to data/a.txt."],
    });
    await call(client, "run_python", {
      code: "open('b.bin', 'wb').write(b'\\0\\1'); open('c.png', 'wb').write(b'png')",
    });
    expect((await call(client, "list_files")).content).toEqual([
      "b.bin (2 bytes)\nc.png (3 bytes)\ndata/a.txt (5 bytes)",
    ]);
    expect((await call(client, "read_file", { path: "data/a.txt" })).content).toEqual(["café"]);
    expect((await call(client, "read_file", { path: "b.bin" })).content).toEqual([
      {
        type: "resource",
        resource: {
          uri: "file:///workspace/b.bin",
          mimeType: "application/octet-stream",
          blob: "AAE=",
        },
      },
    ]);
    expect((await call(client, "read_file", { path: "c.png" })).content).toEqual([
      { type: "image", data: "cG5n", mimeType: "image/png" },
    ]);
    for (const args of [{ path: "../../etc/passwd" }, { path: "missing.txt" }]) {
      expect((await call(client, "read_file", args)).isError).toBe(true);
    }
    const both = await call(client, "write_file", { path: "d", text: "", base64: "" });
    expect(both).toEqual({
      isError: true,
      content: ["Give the file's content as either text or base64."],
    });
  });

  it("stops code at its deadline and when the host cancels, and goes on", async () => {
    const client = await connect(...bare);
    const slow = "import time\nwhile True: time.sleep(0.01)";
    const late = await call(client, "run_python", { code: slow, timeout_seconds: 0.3 });
    expect(late.isError).toBe(true);
    expect(late.content[0]).toContain("it took too long");
    const cancel = new AbortController();
    const running = client.callTool(
      { name: "run_python", arguments: { code: `open('started', 'w').close()\n${slow}` } },
      { signal: cancel.signal },
    );
    setTimeout(() => cancel.abort(), 300);
    await expect(running).rejects.toThrow("aborted");
    expect((await call(client, "run_python", { code: "6 * 7" })).content).toEqual(["42"]);
  });

  it("gives each client a session of its own", async () => {
    const [one, two] = await Promise.all([connect(...bare), connect(...bare)]);
    await call(one, "run_python", { code: "mine = 1" });
    expect((await call(two, "run_python", { code: "mine" })).isError).toBe(true);
    expect((await call(one, "run_python", { code: "mine" })).isError).toBe(false);
  });

  it("tells of a crash and goes on", async () => {
    const client = await connect(...bare);
    const died = await call(client, "run_python", { code: "import os\nos._exit(3)" });
    expect(died.isError).toBe(true);
    expect(died.content[0]).toContain("exit code 3");
    expect((await call(client, "run_python", { code: "1" })).isError).toBe(false);
  });
});
