import { expect, it } from "vitest";
import { pythonLiteral } from "./python-literal.ts";

it("writes what Python reads", () => {
  expect(pythonLiteral({ a: [1, null, true, 'x"\n'], b: 1.5, c: NaN })).toBe(
    '{"a": [1, None, True, "x\\"\\n"], "b": 1.5, "c": float("NaN")}',
  );
});
