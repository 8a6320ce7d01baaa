import { createAgent, createSandboxRuntime, resolveModel } from "codeact";

const runtime = await createSandboxRuntime();
const agent = createAgent({ model: await resolveModel("openai/gpt-5-mini"), runtime });
for await (const event of agent.run("What is the 1,000th prime?")) {
  if (event.type === "code-complete") console.log(event.code);
  if (event.type === "output" && event.output.type === "stream") console.log(event.output.text);
  if (event.type === "run-end") console.log(event.result.answer);
}
await agent.close();
await runtime.close();
