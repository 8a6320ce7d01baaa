import { createAgent, createReplayModel, createSandboxRuntime, tool } from "codeact";
import { z } from "zod";

const pay = tool({
  name: "pay",
  description: "Pays a bill.",
  input: z.object({ to: z.string(), euros: z.number() }),
  needsApproval: ({ euros }) => euros > 10,
  run: ({ to, euros }) => `paid ${euros} to ${to}`,
});

const code = `for to, euros in [("Ada", 5), ("Ben", 20), ("Cy", 5000), ("Dan", 1)]:
    try:
        print(pay(to, euros))
    except ToolError as error:
        print(f"{to}: {error}")`;

await using runtime = await createSandboxRuntime();
await using agent = createAgent({
  model: createReplayModel({
    replies: [{ text: `<execute>\n${code}\n</execute>` }, { text: "Done." }],
  }),
  runtime,
  tools: [pay],
  approvals: { rules: [{ action: "deny", tool: "pay", arguments: { to: "Dan" } }] },
  onApproval({ input }) {
    const { to, euros } = input as { to: string; euros: number };
    if (euros > 1000) return { approved: false, reason: "that is too much" };
    return { approved: true, input: { to, euros: euros / 2 } };
  },
});
for await (const event of agent.run("Pay the bills.")) {
  if (event.type === "approval-request") console.log("asked:", event.tool, event.input);
  if (event.type === "approval-decision") console.log("approved:", event.approved);
  if (event.type !== "output" || event.output.type !== "stream") continue;
  console.log(event.output.text.trim());
}
