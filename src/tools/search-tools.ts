import MiniSearch from "minisearch";
import type { Tool } from "./tool.ts";

/** A tool as `tools.search` returns it to code. */
export interface FoundTool {
  /** As code calls it, such as `github.create_issue`. */
  readonly name: string;
  readonly signature: string;
  readonly description: string;
}

export interface SearchToolsOptions {
  /** The Python parameters and result of a tool. */
  readonly signatureOf: (tool: Tool) => string;
}

const defaultLimit = 10;
const maxLimit = 100;

/** Makes the tool `tools.search`, by which code finds tools that the prompt does not list. */
export function createToolSearch(tools: readonly Tool[], options: SearchToolsOptions): Tool {
  const index = new MiniSearch<{ readonly id: number; readonly [field: string]: unknown }>({
    fields: ["name", "description", "parameters"],
    processTerm: (term) => term.toLowerCase(),
    tokenize: (text) => text.split(/[^\p{L}\p{N}]+|(?<=[a-z])(?=[A-Z])/u).filter(Boolean),
    searchOptions: { boost: { name: 3 }, prefix: (term) => term.length > 2, fuzzy: 0.2 },
  });
  index.addAll(
    tools.map((tool, id) => ({
      id,
      name: fullName(tool),
      description: tool.description,
      parameters: Object.keys(tool.input["properties"] ?? {}).join(" "),
    })),
  );

  function search(query: string, limit: number): readonly FoundTool[] {
    const ids =
      query.trim() === ""
        ? tools.map((_, id) => id)
        : index.search(query).map((found) => found.id as number);
    return ids.slice(0, limit).map((id) => {
      const tool = tools[id]!;
      return {
        name: fullName(tool),
        signature: options.signatureOf(tool),
        description: tool.description,
      };
    });
  }

  return {
    name: "search",
    module: "tools",
    description:
      "Finds functions by what they do. Returns a list of dictionaries with name, signature and description, best first; import the function's module to call it. An empty query lists all.",
    input: {
      type: "object",
      properties: {
        query: { type: "string", description: "Words that describe what you want to do." },
        limit: { type: "integer", minimum: 1, maximum: maxLimit, default: defaultLimit },
      },
      required: ["query"],
    },
    parse(input) {
      const { query, limit = defaultLimit } = input as { query?: unknown; limit?: unknown };
      if (typeof query !== "string") throw new Error("query must be a string.");
      if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > maxLimit) {
        throw new Error(`limit must be a whole number from 1 to ${maxLimit}.`);
      }
      return { query, limit };
    },
    run(input) {
      const { query, limit } = input as { readonly query: string; readonly limit: number };
      return search(query, limit);
    },
  };
}

function fullName(tool: Tool): string {
  return tool.module === undefined ? tool.name : `${tool.module}.${tool.name}`;
}
