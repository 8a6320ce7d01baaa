import { afterAll, expect, it } from "vitest";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { isSyntaxError } from "./syntax-error.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

it.each([
  ["print(1", true],
  ["def f():\npass", true],
  ["if True:\n\tx = 1\n        y = 2", true],
  ["eval('1+')", false],
  ["import ast; ast.literal_eval('(')", false],
  ["raise SyntaxError('mine')", false],
  ["1/0", false],
  ["1", false],
])("of %j is %j", async (code, expected) => {
  const session = await runtime.open();
  expect(isSyntaxError(await session.execute(code))).toBe(expected);
  await session.close();
});
