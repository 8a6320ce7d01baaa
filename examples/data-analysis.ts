import { readFileSync } from "node:fs";
import { createAgent, createReplayModel, createSandboxRuntime } from "codeact";
import { z } from "zod";

// The replies of a model, recorded; `await resolveModel()` is a live one.
const model = createReplayModel({
  replies: [
    {
      text: `I'll look at the file first.
<execute>
import pandas as pd
cars = pd.read_json("cars.json")
print(cars.shape)
print(cars.isna().sum()[lambda missing: missing > 0])
</execute>`,
    },
    {
      text: `Some cars lack values; I leave them out.
<execute>
known = cars.dropna()
by_origin = known.groupby("Origin")["Miles_per_Gallon"].agg(["count", "mean"]).round(1)
by_origin.to_csv("by-origin.csv")
by_origin["mean"].plot.barh(title="Miles per gallon")
best = by_origin["mean"].idxmax()
final_answer({"origin": best, "milesPerGallon": float(by_origin["mean"][best])})
</execute>`,
    },
  ],
});
const answer = z.object({ origin: z.string(), milesPerGallon: z.number() });

await using runtime = await createSandboxRuntime();
await using session = await runtime.open();
const cars = new URL("../node_modules/vega-datasets/data/cars.json", import.meta.url);
await session.files?.write("cars.json", readFileSync(cars));

await using agent = createAgent({ model, session });
const run = agent.run("Which cars go furthest on a gallon? Plot it.", {
  answer: { schema: answer },
});
for await (const event of run) {
  if (event.type !== "output") continue;
  const { output } = event;
  if (output.type === "stream") console.log(output.text.trimEnd());
  if (output.type !== "display") continue;
  const png = Buffer.from(output.data["image/png"] ?? "", "base64");
  console.log("a plot, as PNG:", png.subarray(1, 4).toString() === "PNG");
}
const { status, value } = await run.result;
console.log(status, value);
console.log(Buffer.from((await session.files?.read("by-origin.csv")) ?? []).toString());
