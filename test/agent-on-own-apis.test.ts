import { afterAll, describe, expect, it } from "vitest";
import { createAgent } from "../src/agent/agent.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { resolveModel } from "../src/models/resolve-model.ts";
import { anthropicReply, googleReply } from "./scripted-model-wires.ts";
import { startScriptedServer } from "./scripted-openai-server.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

/** Whole runs with the real interpreter: code comes as native tool calls, what it printed goes back as results. */
describe("an agent", () => {
  it("works on Anthropic's own API", async () => {
    const code = JSON.stringify({ code: "print(6 * 7)" });
    await using server = await startScriptedServer([
      anthropicReply(
        [
          { text: ["I compute it."] },
          { id: "toolu_1", tool: "execute_python", input: [code.slice(0, 9), code.slice(9)] },
        ],
        { stopReason: "tool_use" },
      ),
      anthropicReply([{ text: ["It is 42."] }], { usage: { cache_read_input_tokens: 80 } }),
    ]);
    const env = { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.baseUrl };
    const model = await resolveModel("anthropic/claude-sonnet-4-5", { env });
    await using agent = createAgent({ model, runtime });
    const result = await agent.run("What is 6 times 7?").result;
    expect(result).toEqual({
      status: "answered",
      answer: "It is 42.",
      turns: 2,
      usage: { inputTokens: 120, outputTokens: 24, cachedInputTokens: 80 },
      costUsd: expect.closeTo((40 * 3 + 80 * 0.3 + 24 * 15) / 1e6, 12) as number,
    });
    expect(server.requests[1]?.body).toMatchObject({
      tools: [{ name: "execute_python" }],
      messages: [
        { role: "user", content: [{ type: "text", text: "What is 6 times 7?" }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "I compute it." },
            { type: "tool_use", name: "execute_python", input: { code: "print(6 * 7)" } },
          ],
        },
        {
          role: "user",
          content: [{ type: "tool_result", content: expect.stringContaining("42") as string }],
        },
      ],
    });
    const [, , , called] = JSON.stringify(server.requests[1]?.body).match(/toolu_1/g) ?? [];
    // The call and its result name one another, once each.
    expect(called).toBeUndefined();
  });

  it("works on Google's own API", async () => {
    const functionCall = { name: "execute_python", args: { code: "print(6 * 7)" } };
    await using server = await startScriptedServer([
      googleReply([{ text: "I compute it." }, { functionCall, thoughtSignature: "c2ln" }]),
      googleReply([{ text: "It is 42." }]),
    ]);
    const env = { GEMINI_API_KEY: "k", GOOGLE_GENERATIVE_AI_BASE_URL: server.baseUrl };
    const model = await resolveModel("google/gemini-2.5-flash", { env });
    await using agent = createAgent({ model, runtime });
    const result = await agent.run("What is 6 times 7?").result;
    expect(result).toMatchObject({ status: "answered", answer: "It is 42.", turns: 2 });
    expect(server.requests[1]?.body).toMatchObject({
      contents: [
        { role: "user" },
        {
          role: "model",
          // The signature of the thoughts before a call goes back with it.
          parts: [{ text: "I compute it." }, { functionCall, thoughtSignature: "c2ln" }],
        },
        {
          role: "user",
          parts: [
            {
              functionResponse: {
                name: "execute_python",
                response: { content: expect.stringContaining("42") as string },
              },
            },
          ],
        },
      ],
    });
  });
});
