import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Tool } from "../tool.ts";
import { connectMcpServers } from "./connect-mcp-servers.ts";
import type { McpServers } from "./connect-mcp-servers.ts";
import type { McpServerConfig } from "./mcp-config.ts";

const everything = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);
const filesystem = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"),
);
const hostile = fileURLToPath(new URL("../../../test/mcp/hostile-server.ts", import.meta.url));

const open: McpServers[] = [];
afterAll(async () => {
  await Promise.all(open.map((servers) => servers.close()));
});

async function connect(mcpServers: Record<string, McpServerConfig>): Promise<McpServers> {
  const servers = await connectMcpServers({ mcpServers });
  open.push(servers);
  return servers;
}

function misbehaving(behaviour: string, settings: object = {}): McpServerConfig {
  return { command: process.execPath, args: [hostile, behaviour], ...settings };
}

function find(servers: McpServers, name: string): Tool {
  const found = servers.tools.find((tool) => `${tool.module}.${tool.name}` === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

async function run(servers: McpServers, name: string, input: object = {}): Promise<unknown> {
  const context = { callId: "1", signal: AbortSignal.timeout(20_000) };
  return find(servers, name).run(input, context);
}

describe("connectMcpServers", () => {
  it("offers the tools, resources and prompts of a real server over stdio", async () => {
    const servers = await connect({
      "every-thing": { command: process.execPath, args: [everything, "stdio"] },
    });
    expect(servers.failures).toEqual([]);
    const sum = find(servers, "every_thing.get_sum");
    expect(sum.input).toMatchObject({ required: ["a", "b"] });
    expect(await run(servers, "every_thing.get_sum", { a: 1, b: 2 })).toBe(
      "The sum of 1 and 2 is 3.",
    );
    expect(
      await run(servers, "every_thing.get_structured_content", { location: "New York" }),
    ).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) });
    expect(await run(servers, "every_thing.get_tiny_image")).toEqual([
      "Here's the image you requested:",
      { type: "image", mime_type: "image/png", base64: expect.stringMatching(/^iVBOR/) },
      "The image above is the MCP logo.",
    ]);
    await expect(run(servers, "every_thing.get_sum", { a: "one" })).rejects.toThrow(
      "expected number, received string",
    );
    const resources = (await run(servers, "every_thing.list_resources")) as { uri?: string }[];
    const uri = resources.find((resource) => resource.uri?.endsWith("features.md"))?.uri;
    expect(await run(servers, "every_thing.read_resource", { uri })).toContain("# Everything");
    expect(
      await run(servers, "every_thing.get_prompt", {
        name: "args-prompt",
        arguments: { city: "Oslo" },
      }),
    ).toEqual([{ role: "user", content: "What's weather in Oslo?" }]);
    const prompts = (await run(servers, "every_thing.list_prompts")) as { name: string }[];
    expect(prompts.map((prompt) => prompt.name)).toContain("args-prompt");
  });

  it("works with a server over streamable HTTP, many calls at the same time", async () => {
    const port = await freePort();
    const child = spawn(process.execPath, [everything, "streamableHttp"], {
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      await once(child.stderr, "data");
      const servers = await connect({ web: { url: `http://127.0.0.1:${port}/mcp` } });
      expect(servers.failures).toEqual([]);
      const sums = await Promise.all(
        [1, 2, 3, 4, 5].map((a) => run(servers, "web.get_sum", { a, b: 1 })),
      );
      expect(sums).toEqual([2, 3, 4, 5, 6].map((sum, a) => `The sum of ${a + 1} and 1 is ${sum}.`));
      await servers.close();
    } finally {
      child.kill();
    }
  });

  it("reads and writes with the real file system server, and names what it refuses", async () => {
    const folder = mkdtempSync(join(tmpdir(), "codeact-mcp-"));
    try {
      writeFileSync(join(folder, "a.txt"), "hello");
      const servers = await connect({
        files: {
          command: process.execPath,
          args: [filesystem, folder],
          needsApproval: ["write_file"],
        },
      });
      expect(await run(servers, "files.read_text_file", { path: join(folder, "a.txt") })).toEqual({
        content: "hello",
      });
      await expect(run(servers, "files.read_text_file", { path: "/etc/passwd" })).rejects.toThrow(
        "Access denied",
      );
      expect(find(servers, "files.write_file").needsApproval).toBe(true);
      expect(find(servers, "files.read_text_file").needsApproval).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("offers only the tools that are wanted", async () => {
    const servers = await connect({
      few: { command: process.execPath, args: [everything, "stdio"], tools: ["echo", "get-sum"] },
    });
    const names = servers.tools.map((tool) => tool.name);
    expect(names.filter((name) => !/resource|prompt/.test(name))).toEqual(["echo", "get_sum"]);
  });

  it("goes on without servers that can't be used, and says why", async () => {
    const servers = await connect({
      good: misbehaving("good"),
      gone: { command: "/no/such/program" },
      dead: misbehaving("exits-at-once"),
      liar: misbehaving("lies-about-list"),
      nobody: { url: "http://127.0.0.1:9/mcp" },
    });
    expect(servers.tools.map((tool) => `${tool.module}.${tool.name}`)).toEqual(["good.work"]);
    const messages = servers.failures.map((failure) => failure.message).sort();
    expect(messages).toHaveLength(4);
    expect(messages[0]).toBe(
      `The MCP server dead (\`${process.execPath}\`) could not be used: the licence has expired`,
    );
    expect(messages[1]).toContain(
      "The MCP server gone (`/no/such/program`) could not be used: the program or its folder does not exist",
    );
    expect(messages[2]).toContain("The MCP server liar could not say what it offers: ");
    expect(messages[3]).toContain("The MCP server nobody (at http://127.0.0.1:9/mcp) could not be");
    expect(await run(servers, "good.work")).toBe("done");
  });

  it("tells no keys in its messages, which code and the model read", async () => {
    const { failures } = await connect({
      dead: misbehaving("exits-at-once", { env: { LICENCE: "-secret-1" } }),
      nobody: { url: "http://127.0.0.1:9/mcp?key=secret-2" },
      person: { url: "http://ann:pw@127.0.0.1:9/mcp" },
    });
    const messages = failures.map((failure) => failure.message).sort();
    expect(messages[0]).toMatch(/could not be used: the licence\*\*\* has expired$/);
    expect(messages[1]).toContain("(at http://127.0.0.1:9/mcp)");
    expect(messages[2]).toContain("(at http://127.0.0.1:9/mcp)");
    expect(messages.join()).not.toMatch(/secret|ann:|pw@/);
  });

  it("bounds descriptions and survives schemas that lie", async () => {
    const servers = await connect({ good: misbehaving("good"), liar: misbehaving("lies") });
    expect(find(servers, "good.work").description).toHaveLength(4000);
    const names = servers.tools.filter((tool) => tool.module === "liar").map((tool) => tool.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[A-Za-z_]\w*$/);
  });

  it("tells that a server died during a call, and starts it again for the next", async () => {
    const servers = await connect({ mortal: misbehaving("dies") });
    for (const _ of [1, 2]) {
      await expect(run(servers, "mortal.work")).rejects.toThrow(
        "The MCP server mortal was lost during the call; the next call starts it again.",
      );
    }
  });

  it("waits for a server that is slow as long as it tells of progress", async () => {
    const servers = await connect({ slow: misbehaving("is-slow", { timeoutMs: 1500 }) });
    expect(await run(servers, "slow.work")).toBe("done");
  });

  it("gives up on a server that hangs, and stops waiting when the cell is over", async () => {
    const servers = await connect({ slow: misbehaving("hangs", { timeoutMs: 200 }) });
    await expect(run(servers, "slow.work")).rejects.toThrow(
      "The MCP server slow did not answer within 0.2 seconds.",
    );
    const tool = find(servers, "slow.work");
    const over = AbortSignal.abort(new Error("the cell ended"));
    await expect(tool.run({}, { callId: "2", signal: over })).rejects.toThrow("the cell ended");
  });

  it("bounds what a server that floods can send, and nonsense is an error", async () => {
    const servers = await connect({
      flood: misbehaving("floods", { timeoutMs: 20_000 }),
      mad: misbehaving("nonsense", { timeoutMs: 5000 }),
    });
    await expect(run(servers, "flood.work")).rejects.toThrow("flood was lost during the call");
    await expect(run(servers, "mad.work")).rejects.toThrow("content");
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
