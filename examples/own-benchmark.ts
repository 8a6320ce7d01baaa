import { agentTask, type Benchmark } from "codeact";

export const stock: Benchmark = {
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
        // What solves it, for `--model oracle`.
        oracle: ({ format }) => ({ replies: [format === "code" ? right : `Answer: ${right}`] }),
      }),
    );
  },
};
