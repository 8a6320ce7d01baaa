import type { Client, Tool as McpTool } from "@modelcontextprotocol/client";
import { uniquePythonName } from "../python-name.ts";
import type { JsonSchema, Tool, ToolContext } from "../tool.ts";
import type { McpServerConfig } from "./mcp-config.ts";
import type { McpConnection } from "./mcp-connection.ts";
import { plainPart, plainResource, plainResult } from "./mcp-result.ts";

/** More tools of one server than this are not taken. */
const maxTools = 2000;
const maxDescriptionCharacters = 4000;

export interface McpServerToolsOptions {
  /** The Python module that holds them. */
  readonly module: string;
  readonly settings: Pick<McpServerConfig, "tools" | "needsApproval">;
}

/** Asks a server for its tools, resources and prompts and returns functions for them. Rejects as the connection does. */
export async function listServerTools(
  connection: McpConnection,
  options: McpServerToolsOptions,
): Promise<readonly Tool[]> {
  const client = await connection.client();
  const capabilities = client.getServerCapabilities() ?? {};
  const { tools: wanted } = options.settings;
  const taken = new Set<string>();
  const tools: Tool[] = [];
  if (capabilities.tools !== undefined) {
    for (const found of (await client.listTools()).tools.slice(0, maxTools)) {
      if (wanted !== undefined && !wanted.includes(found.name)) continue;
      tools.push(serverTool(found, uniquePythonName(found.name, taken), connection, options));
    }
  }
  const { module } = options;
  if (capabilities.resources !== undefined) tools.push(...resourceTools(connection, module));
  if (capabilities.prompts !== undefined) tools.push(...promptTools(connection, module));
  const names = new Set<string>();
  return tools.filter(({ name }) => !names.has(name) && names.add(name));
}

function serverTool(
  found: McpTool,
  name: string,
  connection: McpConnection,
  { module, settings }: McpServerToolsOptions,
): Tool {
  const { needsApproval } = settings;
  const asks = Array.isArray(needsApproval) ? needsApproval.includes(found.name) : needsApproval;
  const description = found.description ?? found.title ?? found.name;
  return {
    name,
    module,
    description: description.slice(0, maxDescriptionCharacters),
    input: found.inputSchema,
    ...(found.outputSchema && { output: found.outputSchema }),
    ...(asks === true && { needsApproval: true }),
    parse: (input) => input,
    run: (input, context) =>
      asking(connection, context, async (client, options) =>
        plainResult(
          await client.callTool(
            { name: found.name, arguments: input as Record<string, unknown> },
            options,
          ),
        ),
      ),
  };
}

function resourceTools(connection: McpConnection, module: string): readonly Tool[] {
  return [
    functionTool(module, "list_resources", "Lists the server's resources and templates of them.", {
      run: (_, context) =>
        asking(connection, context, async (client, options) => [
          ...(await client.listResources(undefined, options)).resources.map((resource) => ({
            uri: resource.uri,
            name: resource.name,
            description: resource.description ?? null,
            mime_type: resource.mimeType ?? null,
          })),
          ...(
            await client
              .listResourceTemplates(undefined, options)
              .catch(() => ({ resourceTemplates: [] }))
          ).resourceTemplates.map((template) => ({
            uri_template: template.uriTemplate,
            name: template.name,
            description: template.description ?? null,
            mime_type: template.mimeType ?? null,
          })),
        ]),
    }),
    functionTool(
      module,
      "read_resource",
      "Reads a resource: text as a string, bytes as a dictionary with base64; several as a list.",
      {
        properties: { uri: { type: "string", description: "As list_resources names it." } },
        run: (input, context) =>
          asking(connection, context, async (client, options) => {
            const { contents } = await client.readResource({ uri: String(input["uri"]) }, options);
            return contents.length === 1
              ? plainResource(contents[0]!)
              : contents.map(plainResource);
          }),
      },
    ),
  ];
}

function promptTools(connection: McpConnection, module: string): readonly Tool[] {
  return [
    functionTool(module, "list_prompts", "Lists the server's prompts with their arguments.", {
      run: (_, context) =>
        asking(connection, context, async (client, options) =>
          (await client.listPrompts(undefined, options)).prompts.map((prompt) => ({
            name: prompt.name,
            description: prompt.description ?? null,
            arguments: (prompt.arguments ?? []).map(({ name, description, required }) => ({
              name,
              description: description ?? null,
              required: required ?? false,
            })),
          })),
        ),
    }),
    functionTool(module, "get_prompt", "Returns the messages of a prompt, filled in.", {
      properties: {
        name: { type: "string", description: "As list_prompts names it." },
        arguments: { type: "object", additionalProperties: { type: "string" }, default: {} },
      },
      run: (input, context) =>
        asking(connection, context, async (client, options) => {
          const { messages } = await client.getPrompt(
            {
              name: String(input["name"]),
              arguments: (input["arguments"] ?? {}) as Record<string, string>,
            },
            options,
          );
          return messages.map(({ role, content }) => ({ role, content: plainPart(content) }));
        }),
    }),
  ];
}

interface FunctionBody {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  run(input: Readonly<Record<string, unknown>>, context: ToolContext): unknown;
}

function functionTool(module: string, name: string, description: string, body: FunctionBody): Tool {
  const { properties = {}, run } = body;
  const required = Object.keys(properties).filter((key) => !("default" in properties[key]!));
  return {
    name,
    module,
    description,
    input: { type: "object", properties, required },
    parse: (input) => input,
    run: (input, context) => run((input ?? {}) as Readonly<Record<string, unknown>>, context),
  };
}

/** Does something with the server; what goes wrong is one sentence that names it. */
async function asking<T>(
  connection: McpConnection,
  { signal }: ToolContext,
  work: (
    client: Client,
    options: {
      signal: AbortSignal;
      timeout: number;
      resetTimeoutOnProgress: boolean;
      onprogress: () => void;
    },
  ) => Promise<T>,
): Promise<T> {
  const client = await connection.client();
  try {
    return await work(client, {
      signal,
      timeout: connection.timeoutMs,
      resetTimeoutOnProgress: true,
      // Servers tell of progress only when somebody listens.
      onprogress() {},
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (/timed out/i.test(message)) {
      throw new Error(
        `The MCP server ${connection.serverName} did not answer within ${connection.timeoutMs / 1000} seconds.`,
        { cause },
      );
    }
    const isLost = /connection closed|not connected|terminated|fetch failed/i.test(message);
    if (!isLost) throw cause;
    throw new Error(
      `The MCP server ${connection.serverName} was lost during the call; the next call starts it again.`,
      { cause },
    );
  }
}
