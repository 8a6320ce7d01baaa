/** An MCP server for tests that misbehaves as its first argument says. */
import { createInterface } from "node:readline";

const behaviour = process.argv[2];

interface Request {
  readonly id?: number | string;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly protocolVersion?: string;
    readonly _meta?: { readonly progressToken?: number };
  };
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

const lyingTools = [
  { name: "no schema at all" },
  { name: "odd", inputSchema: { type: "object", properties: { "no-name": { type: "what?" } } } },
  { name: "class", inputSchema: { type: "object", properties: { from: {}, __proto__: {} } } },
  { name: "class!", inputSchema: { type: "object", required: ["missing"] } },
];
const plainTools = [
  { name: "work", description: "x".repeat(100_000), inputSchema: { type: "object" } },
];

function answer({ id, method, params }: Request): void {
  if (id === undefined) return;
  switch (method) {
    case "initialize":
      if (behaviour === "never-starts") return;
      return send({
        id,
        result: {
          protocolVersion: params?.protocolVersion ?? "2025-06-18",
          capabilities: { tools: {} },
          serverInfo: { name: "hostile", version: "0" },
        },
      });
    case "tools/list":
      if (behaviour === "lies-about-list") return send({ id, result: { tools: "none" } });
      return send({ id, result: { tools: behaviour === "lies" ? lyingTools : plainTools } });
    case "tools/call":
      return call(id, params?._meta?.progressToken);
    default:
      return send({ id, error: { code: -32601, message: "Method not found" } });
  }
}

function call(id: number | string, progressToken?: number): void {
  switch (behaviour) {
    case "is-slow":
      for (let progress = 1; progress <= 10; progress++) {
        setTimeout(() => {
          if (progressToken !== undefined) {
            send({ method: "notifications/progress", params: { progressToken, progress } });
          }
          if (progress === 10) send({ id, result: { content: [{ type: "text", text: "done" }] } });
        }, progress * 200);
      }
      break;
    case "dies":
      process.exit(1);
      break;
    case "floods":
      process.stdout.write("y".repeat(16 * 1024 * 1024));
      break;
    case "nonsense":
      process.stdout.write("this is no JSON\n");
      send({ id: 99_999, result: {} });
      return send({ id, result: { content: "not a list" } });
    case "hangs":
      break;
    default:
      return send({ id, result: { content: [{ type: "text", text: "done" }] } });
  }
}

if (behaviour === "exits-at-once") {
  process.stderr.write(`the licence${process.env["LICENCE"] ?? ""} has expired\n`);
  process.exit(2);
}
createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line) as Request));
