import { afterAll, expect, it } from "vitest";
import { playOptions } from "../../test/play-options.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { messageText } from "../models/model.ts";
import { agentTask } from "./agent-task.ts";
import type { Feedback } from "./benchmark.ts";
import { createOracleModel } from "./oracle.ts";
import { playTask } from "./play-task.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const code = `items = [1, 2]
try:
    items[2]
except IndexError as error:
    raise ValueError("too few") from error`;

/** What the model reads of an exception. */
async function observation(feedback: Feedback): Promise<string> {
  const task = agentTask({ id: "a", prompt: "Fail.", grade: () => true });
  const model = createOracleModel([`<execute>\n${code}\n</execute>`, "Done."]);
  const { ending } = await playTask(task, playOptions({ runtime, model, feedback }));
  return messageText(ending.messages.at(-2)!).replaceAll(/\n +[~^]+(?=\n)/g, "");
}

it("is Python's own, with what caused the exception", async () => {
  expect(await observation("plain")).toContain(`Traceback (most recent call last):
  File "<cell 1>", line 3, in <module>
    items[2]
IndexError: list index out of range

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<cell 1>", line 5, in <module>
    raise ValueError("too few") from error
ValueError: too few`);
  expect(await observation("enriched")).toContain("    -> 5     raise ValueError");
});
