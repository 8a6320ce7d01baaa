import { createSandboxRuntime, createToolHost, tool } from "codeact";
import { z } from "zod";

const prices = new Map([
  ["apple", 0.5],
  ["pear", 0.8],
]);

export const price = tool({
  name: "price",
  description: "Looks up what a fruit costs.",
  input: z.object({
    fruit: z.string().describe("Its English name."),
    currency: z.enum(["EUR", "USD"]).default("EUR"),
  }),
  output: z.object({ amount: z.number(), currency: z.string() }),
  run({ fruit, currency }) {
    const amount = prices.get(fruit);
    if (amount === undefined) throw new Error(`nobody sells ${fruit} here`);
    return { amount, currency };
  },
});

await using runtime = await createSandboxRuntime();
await using session = await runtime.open();
await session.provide?.(createToolHost({ tools: [price] }));
const outcome = await session.execute(`
help(price)
print(price("apple"))
import asyncio
both = await asyncio.gather(price("apple"), price("pear", currency="USD"))
print(sum(p["amount"] for p in both))
price("kiwi")
`);
for (const output of outcome.outputs) {
  if (output.type === "stream") process.stdout.write(output.text);
  if (output.type === "error") console.log(output.error.traceback);
}
