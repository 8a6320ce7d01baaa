import { describe, expect, it } from "vitest";
import { createToolSearch } from "./search-tools.ts";
import type { Tool } from "./tool.ts";

function makeTool(module: string, name: string, description: string, parameters: string[]): Tool {
  return {
    module,
    name,
    description,
    input: { type: "object", properties: Object.fromEntries(parameters.map((key) => [key, {}])) },
    parse: (input) => input,
    run: () => undefined,
  };
}

const tools = [
  makeTool("github", "create_issue", "Opens an issue in a repository.", ["repo", "title"]),
  makeTool("github", "list_pulls", "Lists the pull requests of a repository.", ["repo", "state"]),
  makeTool("mail", "sendMessage", "Sends an e-mail.", ["to", "subject"]),
];
const search = createToolSearch(tools, { signatureOf: (tool) => `(${tool.name})` });
const context = { callId: "1", signal: new AbortController().signal };

function find(input: object): string[] {
  const found = search.run(search.parse(input), context) as { readonly name: string }[];
  return found.map(({ name }) => name);
}

describe("createToolSearch", () => {
  it("finds tools by words of their name, description and parameters, best first", () => {
    expect(find({ query: "open a new issue" })[0]).toBe("github.create_issue");
    expect(find({ query: "message" })).toEqual(["mail.sendMessage"]);
    expect(find({ query: "subject" })).toEqual(["mail.sendMessage"]);
    expect(find({ query: "repositry" }).sort()).toEqual([
      "github.create_issue",
      "github.list_pulls",
    ]);
    expect(find({ query: "weather" })).toEqual([]);
  });

  it("says how a tool is called, and lists all for an empty query", () => {
    expect(search.run({ query: "e-mail", limit: 1 }, context)).toEqual([
      { name: "mail.sendMessage", signature: "(sendMessage)", description: "Sends an e-mail." },
    ]);
    expect(find({ query: "", limit: 2 })).toEqual(["github.create_issue", "github.list_pulls"]);
  });

  it("names wrong arguments", () => {
    expect(() => search.parse({})).toThrow("query must be a string.");
    expect(() => search.parse({ query: "a", limit: 0 })).toThrow("limit must be a whole number");
  });
});
