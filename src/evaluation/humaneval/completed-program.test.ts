import { expect, it } from "vitest";
import { completedProgram } from "./completed-program.ts";

const task = {
  prompt: 'import math\n\ndef area(r):\n    """Area."""\n',
  entry_point: "area",
};
const body = "    return math.pi * r * r";

it("puts prompt and completion together as the original does", () => {
  expect(completedProgram(task, body, "faithful")).toBe(task.prompt + body);
});

it.each([
  ["a body", body],
  ["a body that lost its indentation", "return math.pi * r * r"],
  ["a body whose first line lost it", "x = r * r\n    return math.pi * x"],
  ["a fenced body", `Here it is:\n\`\`\`python\n${body}\n\`\`\`\nDone.`],
  ["the whole function", "```python\ndef area(r):\n    return math.pi * r * r\n```"],
])("repairs %s", (_name, completion) => {
  const program = completedProgram(task, completion, "corrected");
  expect(program).toMatch(/^import math\n/);
  expect(program).toMatch(/\n {4}(?:x = r \* r\n {4})?return math\.pi \* /);
  expect(program).not.toContain("```");
});
