import { readFileSync } from "node:fs";
import { z } from "zod";
import { CodeActError } from "../../errors.ts";

/** How to reach one MCP server. */
export type McpServerConfig = McpServerCommand | McpServerAddress;

interface McpServerSettings {
  /** Tools to offer; default: all. */
  readonly tools?: readonly string[];
  /** Tools whose calls a person must approve; `true` for all. Default: none. */
  readonly needsApproval?: boolean | readonly string[];
  /** Longest time without an answer or progress of one call. Default: 5 minutes. */
  readonly timeoutMs?: number;
}

/** A program that is started and speaks MCP over its standard streams. */
export interface McpServerCommand extends McpServerSettings {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to a small safe set of this process's variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A server that speaks MCP over streamable HTTP. */
export interface McpServerAddress extends McpServerSettings {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface McpConfig {
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
}

const settings = {
  disabled: z.boolean().exactOptional(),
  tools: z.array(z.string()).exactOptional(),
  needsApproval: z.union([z.boolean(), z.array(z.string())]).exactOptional(),
  timeoutMs: z.number().positive().exactOptional(),
};

const serverSchema = z.union(
  [
    z.object({
      command: z.string().min(1),
      args: z.array(z.string()).exactOptional(),
      env: z.record(z.string(), z.string()).exactOptional(),
      cwd: z.string().exactOptional(),
      ...settings,
    }),
    z.object({
      url: z.url({ protocol: /^https?$/ }),
      headers: z.record(z.string(), z.string()).exactOptional(),
      ...settings,
    }),
  ],
  { error: 'needs either a "command" to start or the "url" of a streamable HTTP server' },
);

const configSchema = z.object({ mcpServers: z.record(z.string().min(1), z.unknown()) });

export interface ParseMcpConfigOptions {
  /** Fills `${NAME}` and `${NAME:-default}` in. Default: nothing can be filled in. */
  readonly env?: NodeJS.ProcessEnv;
  /** Names the configuration in messages. Default: `The MCP configuration`. */
  readonly source?: string;
}

/**
 * Reads a configuration of the usual shape, `{"mcpServers": {"name": {...}}}`, as other MCP hosts have it; keys
 * that only they know are passed over, and so are disabled servers. Throws `invalid_input` that names the server.
 */
export function parseMcpConfig(value: unknown, options: ParseMcpConfigOptions = {}): McpConfig {
  const { env = {}, source = "The MCP configuration" } = options;
  const config = configSchema.safeParse(value);
  if (!config.success) {
    throw new CodeActError("invalid_input", `${source} has no object "mcpServers".`, {
      hint: 'Write {"mcpServers": {"files": {"command": "npx", "args": ["-y", "some-mcp-server"]}}}.',
    });
  }
  const servers: Record<string, McpServerConfig> = {};
  for (const [name, raw] of Object.entries(config.data.mcpServers)) {
    const parsed = serverSchema.safeParse(expand(raw, env, `${source}, server "${name}"`));
    if (!parsed.success) {
      throw new CodeActError(
        "invalid_input",
        `${source}, server "${name}": ${firstIssue(parsed.error)}.`,
        { hint: "Correct the entry, or remove it." },
      );
    }
    const { disabled, ...server } = parsed.data;
    if (disabled !== true) servers[name] = server;
  }
  return { mcpServers: servers };
}

/** Reads a configuration file. Throws `file_not_found` or `invalid_input`. */
export function loadMcpConfig(path: string, env: NodeJS.ProcessEnv = process.env): McpConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CodeActError("file_not_found", `The MCP configuration ${path} can't be read.`, {
      hint: "Check the path and its permissions.",
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodeActError("invalid_input", `${path} is not valid JSON: ${reason}.`, { cause });
  }
  return parseMcpConfig(value, { env, source: path });
}

/** Fills variables into every string below `value`. */
function expand(value: unknown, env: NodeJS.ProcessEnv, where: string): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_, name: string, fallback) => {
      const found = env[name] ?? (fallback as string | undefined);
      if (found !== undefined) return found;
      throw new CodeActError("invalid_input", `${where} needs the environment variable ${name}.`, {
        hint: `Set ${name}, or write \${${name}:-a default}.`,
      });
    });
  }
  if (Array.isArray(value)) return value.map((item) => expand(item, env, where));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, expand(item, env, where)]),
  );
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "is not understood";
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}
