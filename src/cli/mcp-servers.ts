import { resolve } from "node:path";
import { Option } from "commander";
import type { McpServers } from "../tools/mcp/connect-mcp-servers.ts";
import type { CliContext } from "./cli-context.ts";
import { packageVersion } from "../package-version.ts";

/** The option by which a command is given MCP servers. */
export interface McpChoice {
  readonly mcp?: string;
}

/** Makes the option `--mcp`. */
export function mcpOption(): Option {
  return new Option(
    "--mcp <file>",
    'MCP servers whose tools the code can call: JSON with "mcpServers"',
  );
}

/**
 * Connects to the servers of the file that was named; undefined without one. Servers that can't be used are told on
 * stderr, and the others go on. Throws `file_not_found` or `invalid_input` for the file itself.
 */
export async function connectChosenServers(
  { mcp }: McpChoice,
  context: CliContext,
): Promise<McpServers | undefined> {
  if (mcp === undefined) return undefined;
  const { loadMcpConfig } = await import("../tools/mcp/mcp-config.ts");
  const { connectMcpServers } = await import("../tools/mcp/connect-mcp-servers.ts");
  const config = loadMcpConfig(resolve(context.cwd, mcp), context.env);
  const servers = await connectMcpServers(config, { version: packageVersion() });
  for (const { message, hint } of servers.failures) {
    context.stderr.write(`codeact: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}`);
  }
  return servers;
}
