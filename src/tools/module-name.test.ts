import { describe, expect, it } from "vitest";
import { uniqueModuleName } from "./module-name.ts";

describe("uniqueModuleName", () => {
  it("keeps off the modules that code expects to be Python's own", () => {
    const used = new Set<string>();
    const names = ["time", "every-thing", "every thing", "print", "class", "fetch", "tools"];
    expect(names.map((name) => uniqueModuleName(name, used))).toEqual([
      "mcp_time",
      "every_thing",
      "every_thing_2",
      "mcp_print",
      "class_",
      "fetch",
      "mcp_tools",
    ]);
  });
});
