import { describe, expect, it } from "vitest";
import { loadMcpConfig, parseMcpConfig } from "./mcp-config.ts";

describe("parseMcpConfig", () => {
  it("reads the usual shape, passes over other hosts' keys and disabled servers", () => {
    const config = parseMcpConfig(
      {
        inputs: [],
        mcpServers: {
          files: { type: "stdio", command: "npx", args: ["-y", "x"], autoApprove: ["read"] },
          web: {
            type: "http",
            url: "https://example.com/mcp",
            headers: { Authorization: "${KEY}" },
          },
          off: { command: "x", disabled: true },
        },
      },
      { env: { KEY: "Bearer 1" } },
    );
    expect(config).toEqual({
      mcpServers: {
        files: { command: "npx", args: ["-y", "x"] },
        web: { url: "https://example.com/mcp", headers: { Authorization: "Bearer 1" } },
      },
    });
  });

  it("fills variables in, with defaults", () => {
    const config = parseMcpConfig(
      { mcpServers: { a: { command: "${SHELL:-sh}", args: ["${HOME}/x", "${A:-}"] } } },
      { env: { HOME: "/home/me" } },
    );
    expect(config.mcpServers["a"]).toEqual({ command: "sh", args: ["/home/me/x", ""] });
  });

  it.each([
    [{}, 'here has no object "mcpServers".'],
    [[], 'here has no object "mcpServers".'],
    [
      { mcpServers: { a: {} } },
      'here, server "a": needs either a "command" to start or the "url" of a streamable HTTP server.',
    ],
    [{ mcpServers: { a: { url: "ftp://x" } } }, 'here, server "a": url: Invalid URL.'],
    [
      { mcpServers: { a: { command: "x", env: { K: "${NO_SUCH}" } } } },
      'here, server "a" needs the environment variable NO_SUCH.',
    ],
  ])("names what is wrong with %j", (value, message) => {
    expect(() => parseMcpConfig(value, { source: "here" })).toThrow(message);
  });

  it("names a file that is missing", () => {
    expect(() => loadMcpConfig("/no/mcp.json")).toThrow(
      "The MCP configuration /no/mcp.json can't be read.",
    );
  });
});
