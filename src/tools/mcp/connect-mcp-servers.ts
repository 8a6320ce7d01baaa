import { CodeActError, isCodeActError } from "../../errors.ts";
import { uniqueModuleName } from "../module-name.ts";
import type { Tool } from "../tool.ts";
import type { McpConfig } from "./mcp-config.ts";
import { createMcpConnection } from "./mcp-connection.ts";
import type { McpConnection } from "./mcp-connection.ts";
import { listServerTools } from "./mcp-server-tools.ts";

const maxInstructionsCharacters = 4000;

export interface McpOptions {
  /** Of this program, as servers see it. Default: `0`. */
  readonly version?: string;
}

/** Servers that are connected, and the functions that they offer. Whoever connects them closes them. */
export interface McpServers extends AsyncDisposable {
  /** Each server's tools are functions of a Python module of its name. */
  readonly tools: readonly Tool[];
  /** What each module is, by its name: its docstring. */
  readonly modules: Readonly<Record<string, string>>;
  /** Servers that could not be used, each with the reason; the others go on without them. */
  readonly failures: readonly CodeActError[];
  close(): Promise<void>;
}

/** Connects to all servers of a configuration at the same time. Never rejects for a server's sake. */
export async function connectMcpServers(
  config: McpConfig,
  options: McpOptions = {},
): Promise<McpServers> {
  const { version = "0" } = options;
  const names = new Set<string>();
  const servers = Object.entries(config.mcpServers).map(([name, server]) => ({
    connection: createMcpConnection(name, server, { version }),
    listing: { module: uniqueModuleName(name, names), settings: server },
  }));
  const failures: CodeActError[] = [];
  const listed = await Promise.all(
    servers.map(async ({ connection, listing }) => {
      try {
        return await listServerTools(connection, listing);
      } catch (cause) {
        failures.push(listingFault(connection.serverName, cause));
        return [];
      }
    }),
  );
  const docs = await Promise.all(
    servers.map(async ({ connection, listing }, index) =>
      listed[index]!.length === 0 ? [] : [[listing.module, await describe(connection)] as const],
    ),
  );
  const close = async () => {
    await Promise.all(servers.map(({ connection }) => connection.close()));
  };
  const modules = Object.fromEntries(docs.flat());
  return { tools: listed.flat(), modules, failures, close, [Symbol.asyncDispose]: close };
}

/** What a server says of itself, for the docstring of its module. */
async function describe(connection: McpConnection): Promise<string> {
  const client = await connection.client();
  const { title, name } = client.getServerVersion() ?? { name: connection.serverName };
  const heading = `The MCP server ${title ?? name}.`;
  const instructions = client.getInstructions()?.trim().slice(0, maxInstructionsCharacters);
  return instructions === undefined || instructions === ""
    ? heading
    : `${heading}\n\n${instructions}`;
}

function listingFault(name: string, cause: unknown): CodeActError {
  if (isCodeActError(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CodeActError(
    "mcp_server_failed",
    `The MCP server ${name} could not say what it offers: ${reason}`,
    { hint: "Check its entry in the MCP configuration by running it by hand.", cause },
  );
}
