import { describe, expect, it } from "vitest";
import { offerTools } from "./offer-tools.ts";
import { tool } from "./tool.ts";

function many(count: number, module?: string) {
  return Array.from({ length: count }, (_, index) =>
    tool({
      name: `work_${index}`,
      ...(module !== undefined && { module }),
      description: `Does work ${index}.`,
      input: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
      run: () => index,
    }),
  );
}

describe("offerTools", () => {
  it("describes a few tools one by one", () => {
    const { tools, functions } = offerTools(many(2, "m"));
    expect(tools).toHaveLength(2);
    expect(functions).toEqual([
      { name: "m.work_0", signature: "(n: int) -> Any", description: "Does work 0." },
      { name: "m.work_1", signature: "(n: int) -> Any", description: "Does work 1." },
    ]);
  });

  it("counts many and offers a search among them", () => {
    const { tools, functions } = offerTools([...many(50, "m"), ...many(30, "k"), ...many(1)]);
    expect(tools).toHaveLength(82);
    expect(functions.map(({ name }) => name)).toEqual(["tools.search", "work_0"]);
    expect(functions[0]?.signature).toBe("(query: str, limit: int = 10) -> Any");
    expect(functions[0]?.description).toContain("There are 81 functions");
    expect(functions[0]?.description).toContain("m (50), k (30)");
  });
});
