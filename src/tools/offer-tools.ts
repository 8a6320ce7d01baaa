import { pythonSignature, toolPath } from "./python-function.ts";
import { createToolSearch } from "./search-tools.ts";
import type { FoundTool } from "./search-tools.ts";
import type { Tool } from "./tool.ts";

/** More tools than this are not listed one by one: code searches them. */
const maxListed = 40;

/** Tools as an agent offers them. */
export interface ToolOffer {
  /** All that code can call; many tools bring `tools.search`. */
  readonly tools: readonly Tool[];
  /** What the model is told of them. */
  readonly functions: readonly FoundTool[];
}

/**
 * Describes a few tools one by one. Of many, those in modules are only counted, and code finds them with
 * `tools.search`, so that they do not fill the prompt.
 */
export function offerTools(tools: readonly Tool[]): ToolOffer {
  if (tools.length <= maxListed) return { tools, functions: tools.map(describe) };
  const search = createToolSearch(tools, { signatureOf: pythonSignature });
  const listed = tools.filter(({ module }) => module === undefined).slice(0, maxListed);
  const searched = { ...search, description: `${search.description} ${countModules(tools)}` };
  return { tools: [...tools, search], functions: [describe(searched), ...listed.map(describe)] };
}

function describe(tool: Tool): FoundTool {
  return {
    name: toolPath(tool),
    signature: pythonSignature(tool),
    description: tool.description,
  };
}

function countModules(tools: readonly Tool[]): string {
  const counts = new Map<string, number>();
  for (const { module } of tools) {
    if (module !== undefined) counts.set(module, (counts.get(module) ?? 0) + 1);
  }
  const modules = [...counts].map(([module, count]) => `${module} (${count})`);
  return `There are ${tools.length} functions; modules with their number of functions: ${modules.join(", ")}.`;
}
