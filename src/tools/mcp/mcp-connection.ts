import type { Client, Transport } from "@modelcontextprotocol/client";
import { CodeActError } from "../../errors.ts";
import { maskSecrets, plainAddress } from "./mask-secrets.ts";
import type { McpServerConfig } from "./mcp-config.ts";
import { timerDelay } from "../../timer-delay.ts";

const defaultTimeoutMs = 5 * 60_000;
/** A server may have to be downloaded before it answers. */
const connectTimeoutMs = 60_000;
/** What is kept of a server's standard error, to tell why it failed. */
const keptStderrCharacters = 1000;

/** A server that is connected when it is needed, and again after it was lost. Whoever makes it closes it. */
export interface McpConnection {
  readonly serverName: string;
  readonly timeoutMs: number;
  /** Connects, unless it is connected. Rejects with `mcp_server_failed`. */
  client(): Promise<Client>;
  /** Hangs up and ends a server that was started. Safe to call twice. */
  close(): Promise<void>;
}

export interface McpConnectionOptions {
  /** Of this client, as servers see it. */
  readonly version: string;
}

/** Makes a connection; nothing is started before its client is asked for. */
export function createMcpConnection(
  serverName: string,
  config: McpServerConfig,
  options: McpConnectionOptions,
): McpConnection {
  let connected: Promise<Client> | undefined;
  let closed = false;

  function connect(): Promise<Client> {
    // A server that is gone is connected anew by the next call; what follows it meanwhile stays.
    const attempt = openClient(() => {
      if (connected === attempt) connected = undefined;
    });
    return attempt;
  }

  async function openClient(onclose: () => void): Promise<Client> {
    const stderr = { tail: "" };
    const mcp = await import("@modelcontextprotocol/client");
    const client = new mcp.Client({ name: "codeact", version: options.version });
    Object.assign(client, { onclose });
    try {
      const transport = await createTransport(config, stderr);
      await client.connect(transport, { timeout: connectTimeoutMs });
      return client;
    } catch (cause) {
      onclose();
      await client.close().catch(() => undefined);
      throw connectFault(serverName, config, cause, stderr.tail);
    }
  }

  return {
    serverName,
    timeoutMs: timerDelay(config.timeoutMs ?? defaultTimeoutMs),
    client() {
      if (closed) throw closedConnection(serverName);
      connected ??= connect();
      return connected;
    },
    async close() {
      closed = true;
      const client = await connected?.catch(() => undefined);
      await client?.close();
    },
  };
}

function closedConnection(name: string): CodeActError {
  return new CodeActError("session_closed", `The connection to the MCP server ${name} is closed.`);
}

async function createTransport(
  config: McpServerConfig,
  stderr: { tail: string },
): Promise<Transport> {
  if ("url" in config) {
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    return new StreamableHTTPClientTransport(new URL(config.url), {
      ...(config.headers && { requestInit: { headers: { ...config.headers } } }),
    });
  }
  const { StdioClientTransport, getDefaultEnvironment } =
    await import("@modelcontextprotocol/client/stdio");
  const transport = new StdioClientTransport({
    command: config.command,
    args: [...(config.args ?? [])],
    env: { ...getDefaultEnvironment(), ...config.env },
    stderr: "pipe",
    ...(config.cwd !== undefined && { cwd: config.cwd }),
  });
  transport.stderr?.on("data", (chunk: Buffer) => {
    stderr.tail = (stderr.tail + chunk.toString()).slice(-keptStderrCharacters);
  });
  return transport;
}

function connectFault(
  name: string,
  config: McpServerConfig,
  cause: unknown,
  stderr: string,
): CodeActError {
  const last = stderr.trim().split("\n").at(-1);
  const what = "url" in config ? `at ${plainAddress(config.url)}` : `\`${config.command}\``;
  const why = maskSecrets(last === undefined || last === "" ? reasonOf(cause) : last, config);
  return new CodeActError(
    "mcp_server_failed",
    `The MCP server ${name} (${what}) could not be used: ${why}`,
    {
      hint: `Check its entry in the MCP configuration${"url" in config ? "" : " by running it by hand"}.`,
      cause,
    },
  );
}

/** What is wrong in words; `fetch failed` alone says nothing, what has caused it does. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { code } = fault as NodeJS.ErrnoException;
  if (code === "ENOENT") return "the program or its folder does not exist";
  const inner = fault.cause instanceof Error ? reasonOf(fault.cause) : "";
  return inner === "" ? fault.message : `${fault.message}: ${inner}`;
}
