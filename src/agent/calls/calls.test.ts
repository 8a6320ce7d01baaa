import { afterAll, describe, expect, it } from "vitest";
import { createBareRuntime } from "../../execution/runtimes/bare-runtime.ts";
import { messageText } from "../../models/model.ts";
import type { Model, ModelRequest } from "../../models/model.ts";
import type { AgentSettings } from "../agent-options.ts";
import { createAgent } from "../agent.ts";
import type { AgentEvent, RunResult } from "../events.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/**
 * A model that acts with `code` on the task "parent", answers "Done." once it has seen the outcome, and is asked
 * everything else by code: `reply` says what it answers.
 */
function model(
  code: string,
  reply: (prompt: string, request: ModelRequest) => string | Promise<string>,
): Model & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    id: "scripted",
    capabilities: { images: true },
    asked,
    async *stream(request) {
      const [first] = request.messages.filter(({ role }) => role === "user");
      const isParent = first !== undefined && messageText(first).startsWith("parent");
      const last = messageText(request.messages.at(-1)!);
      if (!isParent) asked.push(last);
      const text = isParent
        ? request.messages.length > 3
          ? "Done."
          : `<execute>\n${code}\n</execute>`
        : await reply(last, request);
      yield { type: "text-delta", text };
      yield { type: "usage", usage: { inputTokens: 100, outputTokens: 10 } };
      yield { type: "finish", reason: "stop" };
    },
  };
}

async function run(
  scripted: Model,
  settings: Partial<AgentSettings>,
): Promise<{ result: RunResult; observation: string; events: AgentEvent[] }> {
  await using agent = createAgent({ model: scripted, runtime, ...settings });
  const events: AgentEvent[] = [];
  for await (const event of agent.run("parent task")) events.push(event);
  const end = events.at(-1);
  if (end?.type !== "run-end") throw new Error("no end");
  return { result: end.result, observation: messageText(agent.messages[3]!), events };
}

describe("llm()", () => {
  it("asks the agent's model in parallel and counts what it used", async () => {
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const scripted = model(
      "import asyncio\nprint(await asyncio.gather(*[llm(f'q{i}') for i in range(2)]))",
      async (prompt) => {
        waiting += 1;
        if (waiting === 2) both.resolve();
        await both.promise;
        return `answer to ${prompt}`;
      },
    );
    const { result, observation } = await run(scripted, { calls: { llm: true } });
    expect(observation).toContain("['answer to q0', 'answer to q1']");
    expect(result).toMatchObject({
      toolCalls: 2,
      usage: { inputTokens: 400, outputTokens: 40 },
    });
  });

  it("returns data that fits a schema, and asks again for what does not", async () => {
    const replies = ["forty-two", '```json\n{"n": 42}\n```'];
    const code = `schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
print(llm("How many?", schema=schema)["n"] + 1)`;
    const scripted = model(code, () => replies.shift() ?? "");
    const { observation } = await run(scripted, { calls: { llm: true } });
    expect(observation).toContain("43");
    expect(scripted.asked[0]).toContain('"required":["n"]');
    expect(scripted.asked[1]).toContain("not accepted");
  });

  it("shows pictures from files and from bytes, and refuses what is none", async () => {
    const seen: string[][] = [];
    const code = `import base64
data = base64.b64decode("${png}")
open("dot.png", "wb").write(data)
print(llm("What is it?", images=["dot.png", data]))
for wrong in ("missing.png", "../../etc/passwd.png", b"text"):
    try: llm("?", images=[wrong])
    except ToolError as error: print(error)`;
    const scripted = model(code, (_prompt, request) => {
      const parts = request.messages[0]?.content ?? [];
      seen.push(parts.map((part) => (part.type === "image" ? part.mediaType : part.type)));
      return "a dot";
    });
    const { observation } = await run(scripted, { calls: { llm: true } });
    expect(seen).toEqual([["text", "image/png", "image/png"]]);
    expect(observation).toMatch(/a dot\n.*missing\.png.*\n.*leads out.*\n.*neither a file/is);
  });

  it("remembers answers on request, even those that are on their way", async () => {
    let count = 0;
    const code = `import asyncio
print(await asyncio.gather(*[llm("same", cache=True) for _ in range(5)]), llm("same", cache=True), llm("same"))`;
    const scripted = model(code, () => `answer ${++count}`);
    const { observation } = await run(scripted, { calls: { llm: true } });
    expect(observation).toContain(`[${"'answer 1', ".repeat(4)}'answer 1'] answer 1 answer 2`);
  });

  it("looks again at a picture whose file has changed", async () => {
    const code = `import base64
data = base64.b64decode("${png}")
for more in (b"", b"", b"more"):
    open("dot.png", "wb").write(data + more)
    print(llm("What is it?", images=["dot.png"], cache=True))`;
    let count = 0;
    const { observation } = await run(
      model(code, () => `answer ${++count}`),
      { calls: { llm: true } },
    );
    expect(observation).toContain("answer 1\nanswer 1\nanswer 2");
  });

  it("ends with the run's budget", async () => {
    const code =
      "n = 0\ntry:\n    while True: llm('more'); n += 1\nexcept ToolError as e: print(n, e)";
    const scripted = model(code, () => "more");
    const { observation } = await run(scripted, {
      calls: { llm: true },
      budget: { tokens: 600 },
    });
    expect(observation).toContain("5 the budget (tokens) is used up");
  });

  it("reports what the model's service says, and is not there unless asked for", async () => {
    const code = "try: llm('x')\nexcept ToolError as e: print('said', e)\nagent('x')";
    const scripted = model(code, () => Promise.reject(new Error("the service is away")));
    const { observation } = await run(scripted, { calls: { llm: true } });
    expect(observation).toContain("said the service is away");
    expect(observation).toContain("NameError: name 'agent' is not defined");
  });
});

describe("agent()", () => {
  it("works in an interpreter of its own, with copies of files, on a part of the budget", async () => {
    const code = `open("in.txt", "w").write("21")
secret = 1
print(agent("sub double", files=["in.txt"], schema={"type": "integer"}), "secret" in dir())`;
    const scripted = model(code, (prompt, request) => {
      if (request.messages.length <= 2) {
        return "<execute>\nprint('secret' in dir())\nfinal_answer(int(open('in.txt').read()) * 2)\n</execute>";
      }
      return `unexpected ${prompt}`;
    });
    const { observation, result, events } = await run(scripted, {
      calls: { agent: true },
      budget: { tokens: 10_000 },
    });
    expect(observation).toContain("42 True");
    expect(result.usage.inputTokens).toBe(300);
    expect(events.filter(({ type }) => type === "tool-call-start")).toHaveLength(1);
    expect(scripted.asked[0]).toContain("sub double");
  });

  it("runs its cells on the budget of executions", async () => {
    const code =
      "for task in 'abc':\n    try: print(agent(task))\n    except ToolError as e: print(e)";
    const scripted = model(code, (prompt, request) =>
      request.messages.length <= 2 ? "<execute>\npass\n</execute>" : "done",
    );
    const { observation, result } = await run(scripted, {
      calls: { agent: true },
      budget: { executions: 4 },
    });
    // Half of what is left is set aside for each: 1 of 3, 1 of 2, none of 1.
    expect(observation).toContain("done\ndone\ntoo little of the budget (executions) is left");
    expect(result).toMatchObject({ status: "answered", answer: "Done." });
  });

  it("ends with a ToolError that says what it came to", async () => {
    const code =
      "for turns in (1, 99):\n    try: agent('sub', max_turns=turns)\n    except ToolError as e: print(e)";
    const scripted = model(code, () => "I try.\n<execute>\npass\n</execute>");
    const { observation } = await run(scripted, { calls: { agent: true } });
    expect(observation).toContain("the agent ended without an answer (budget); it said: I try.");
    expect(observation).toContain("max_turns: Too big");
  });

  it("has no sub-agents of its own, and needs a runtime", async () => {
    const scripted = model("print(agent('sub'))", (_prompt, request) =>
      request.messages.length <= 2
        ? "<execute>\nprint('agent' in dir(__builtins__), 'llm' in dir(__builtins__))\n</execute>"
        : messageText(request.messages.at(-1)!).replace(/\s+/g, " "),
    );
    const { observation } = await run(scripted, { calls: { agent: true, llm: true } });
    expect(observation).toContain("False True");
    await using session = await runtime.open();
    expect(() => createAgent({ model: scripted, session, calls: { agent: true } })).toThrow(
      "Sub-agents need a runtime to work in.",
    );
  });
});
