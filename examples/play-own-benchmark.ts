import { createReport, createSandboxRuntime, openResultStore } from "codeact";
import { resolveModel, runEvaluation, writeReports } from "codeact";
import { stock } from "./own-benchmark.ts";

await using runtime = await createSandboxRuntime();
using store = openResultStore("codeact-output/eval/stock");
const results = await runEvaluation({
  benchmark: stock.name,
  tasks: await stock.load({ data: "." }),
  model: await resolveModel(),
  runtime,
  store,
  format: "code",
  grading: "faithful",
  feedback: "enriched",
});
for (const { task, verdict, turns } of results) console.log(`${task}: ${verdict}, ${turns} turns`);
writeReports("codeact-output/eval/stock", createReport("stock", results), store.trajectories());
