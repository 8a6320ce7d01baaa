import { agentTask, createSandboxRuntime, openResultStore, resolveModel } from "codeact";
import { createReport, runEvaluation, writeReports, type Benchmark } from "codeact";

const stock: Benchmark = {
  name: "stock",
  description: "questions about a small stock list",
  formats: ["code", "json", "text"],
  async load() {
    const questions = [
      { id: "most", question: "Which item is there most of?", right: "bolts" },
      { id: "total", question: "How many pieces are there in all?", right: "1500" },
    ];
    return questions.map(({ id, question, right }) =>
      agentTask({
        id,
        prompt: `${question} Answer with one word or number.`,
        // Runs in the session before the agent does.
        setup: "def count(item): return {'bolts': 800, 'nuts': 500, 'washers': 200}[item]",
        functions: [
          {
            name: "count",
            signature: "(item: str) -> int",
            description: "Pieces of an item in stock: bolts, nuts or washers.",
          },
        ],
        grade: (answer) => answer.replaceAll(/[\s,.]/g, "").toLowerCase() === right,
      }),
    );
  },
};

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
