import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mint } from "../src/evaluation/mint/mint-benchmark.ts";
import { mintPrompt } from "../src/evaluation/mint/mint-prompt.ts";
import { mintRows } from "../src/evaluation/mint/mint-table.ts";
import { loadMintTasks, mintTaskNames } from "../src/evaluation/mint/mint-tasks.ts";
import { findRecordedRuns, type RecordedRun } from "../src/evaluation/mint/recorded-run.ts";
import { regradeRuns } from "../src/evaluation/mint/regrade.ts";
import { replayableRuns, replayRuns } from "../src/evaluation/mint/replay-runs.ts";
import { createOracleModel } from "../src/evaluation/oracle.ts";
import { playTask } from "../src/evaluation/play-task.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";
import { messageText } from "../src/models/model.ts";
import { playOptions } from "./play-options.ts";
import { benchmarkData, hasData } from "./benchmark-data.ts";

const data = { data: benchmarkData };
const recordings = hasData("mint/outputs") ? findRecordedRuns(join(benchmarkData, "mint")) : [];
const bare = createBareRuntime();
afterAll(() => bare.close());

/** Some of many, spread over all of them. */
function some<Item>(items: readonly Item[], count: number): readonly Item[] {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, index) => index % step === 0).slice(0, count);
}

describe.skipIf(!hasData("mint/outputs"))("recorded trajectories of MINT", () => {
  it("start with the very prompts that tasks start with here", async () => {
    const tasks = (
      await Promise.all(mintTaskNames.map((name) => loadMintTasks(name, data)))
    ).flat();
    const byId = new Map(tasks.map((task) => [`${task.name}/${task.id}`, task]));
    const others = recordings.filter(({ task }) => task !== "alfworld");
    const differing = others.filter((run) => {
      const task = byId.get(`${run.task}/${run.taskId}`)!;
      const kind = task.name === "mbpp" || task.name === "humaneval" ? task.name : "reasoning";
      const [, maxSteps, maxProposals] = /^max(\d+)_p(\d+)/.exec(run.setting)!.map(Number);
      const rules = { maxSteps: maxSteps!, maxProposals: maxProposals! };
      return run.history[0]?.content !== mintPrompt(kind, task.prompt, rules);
    });
    expect(others).toHaveLength(4972);
    // The older release that gpt-3.5 was recorded with had no sentence before these three.
    expect(differing.map(({ id }) => id.split("/").slice(-2).join("/"))).toEqual([
      "theoremqa/50",
      "theoremqa/51",
      "theoremqa/52",
    ]);
  });

  it("are judged as they were, and give the published table", async () => {
    await using runtime = await createSandboxRuntime({ preload: ["numpy"] });
    // The tests of 1,496 programs take minutes: here they are taken as recorded, but for some below.
    const regraded = await regradeRuns(recordings, { runtime, quick: true });
    const differences = regraded.filter(({ difference }) => difference !== undefined);
    expect(differences.map(({ run, difference }) => [run.id, difference])).toEqual([
      [
        "gpt-3.5-turbo-0613/F=None/max5_p2+tool+cd/reasoning/theoremqa/52",
        "the recording's release of MINT did not read an option written as `c)`",
      ],
    ]);
    const published = JSON.parse(
      readFileSync(join(benchmarkData, "mint/published_benchmark.json"), "utf8"),
    ) as readonly Readonly<Record<string, unknown>>[];
    const rows = mintRows(regraded.map(({ run, success }) => ({ ...outcome(run), success })));
    for (const model of ["CodeActAgent-Llama-2-7b", "CodeActAgent-Mistral-7b-v0.1"]) {
      const row = rows.find((own) => own.model === model)!;
      const expected = published.find((own) => own["model"] === model)!;
      expect(row.sr).toEqual([1, 2, 3, 4, 5].map((k) => expected[k]));
      expect(row.slope).toBe(expected["Slope"]);
    }
    // The averages of the paper's table, with one decimal there.
    expect(rows.map(({ id, od }) => [id?.toFixed(1), od?.toFixed(1)]).slice(0, 2)).toEqual([
      ["51.3", "20.4"],
      ["57.4", "32.4"],
    ]);
  }, 300_000);

  it("have programs that pass their tests here when they passed there", async () => {
    const programs = recordings.filter(({ task }) => task === "mbpp" || task === "humaneval");
    const sample = [
      ...some(
        programs.filter(({ success }) => success),
        8,
      ),
      ...some(
        programs.filter(({ success, endReason }) => !success && endReason !== "error"),
        8,
      ),
    ];
    const regraded = await regradeRuns(sample, { runtime: bare });
    expect(regraded.filter(({ source }) => source !== "graded")).toEqual([]);
    expect(regraded.flatMap(({ run, difference }) => (difference ? [run.id] : []))).toEqual([]);
  }, 300_000);

  it("end in our loop and interpreter as they did", async () => {
    const runs = some(replayableRuns(recordings), 12);
    const replayed = await replayRuns(runs, { runtime: bare });
    expect(
      replayed.flatMap(({ run, difference }) => (difference ? [[run.id, difference]] : [])),
    ).toEqual([]);
  }, 300_000);
});

describe.skipIf(!hasData("mint/processed"))("MINT", () => {
  it("has 452 tasks, which its oracle solves or calls impossible", async () => {
    const tasks = await mint.load(data);
    expect(tasks).toHaveLength(452);
    const verdicts: (string | boolean | undefined)[] = [];
    for (const [index, task] of some(tasks, 15).entries()) {
      const format = (["code", "json", "text"] as const)[index % 3]!;
      const oracle = task.oracle!({ format, grading: "corrected" });
      if ("impossible" in oracle) {
        verdicts.push(oracle.impossible);
        continue;
      }
      const played = await playTask(
        task,
        playOptions({
          model: createOracleModel(oracle.replies),
          runtime: bare,
          format,
          grading: "corrected",
          feedback: "enriched",
        }),
      );
      verdicts.push(played.ending.success);
    }
    expect(verdicts).toEqual(verdicts.map(() => true));
  }, 120_000);

  it.each([
    ["json", '{"tool": "run_python", "args": {"code": "x = 20\\nx + 1"}}'],
    ["text", "run_python, x = 20\nx + 1"],
  ] as const)("is played with calls in %s by the same rules", async (format, call) => {
    const [task] = await mint.load({ ...data, variant: "max3_p2 gsm8k" });
    const { ending } = await playTask(
      task!,
      playOptions({
        model: createOracleModel([
          `<thought> I count. </thought>\n<execute>\n${call}\n</execute>`,
          "<execute> x + 1 </execute>",
          "<solution> 7 </solution>",
        ]),
        runtime: bare,
        format,
      }),
    );
    const [prompt, observed, refused] = ending.messages
      .filter(({ role }) => role === "user")
      .map(messageText);
    expect(prompt).toContain("<execute>\n" + call.slice(0, call.indexOf("x = 20")));
    expect(prompt).not.toMatch(/<execute>\s*(?:def|from|print)/);
    expect(observed).toBe(
      "Observation:\nOut[1]: 21\nYou have 2 steps left and 2 chances to propose solution left.\n",
    );
    expect(refused).toContain(
      `please use <execute> ${call.slice(0, call.indexOf("x = 20"))}YOUR_CODE_HERE`,
    );
    expect(ending).toMatchObject({ status: "budget", success: false, turns: 3 });
  });

  it("tells the model what MINT's environment tells", async () => {
    const [task] = await mint.load({ ...data, variant: "max4_p2 gsm8k" });
    const played = await playTask(
      task!,
      playOptions({
        model: createOracleModel([
          "I think it is easy.",
          "<execute>\nx = 20\nx + 1\n</execute>",
          "<solution> 7 <solution>",
          "<solution> 7 </solution>",
        ]),
        runtime: bare,
        format: "code",
        grading: "faithful",
        feedback: "plain",
      }),
    );
    const said = played.ending.messages.filter(({ role }) => role === "user").slice(1);
    expect(said.map(({ content }) => content)).toEqual([
      [
        text(
          `Observation:\n${notUnderstood}\nYou have 3 steps left and 2 chances to propose solution left.\n`,
        ),
      ],
      [
        text(
          "Observation:\nOut[1]: 21\nYou have 2 steps left and 2 chances to propose solution left.\n",
        ),
      ],
      [
        text(
          `Observation:\n${notUnderstood}\nYou have 1 steps left and 1 chances to propose solution left.\nYou should take the last step to propose a solution.\n`,
        ),
      ],
    ]);
    expect(played.ending).toMatchObject({
      status: "answered",
      success: false,
      answer: " 7 ",
      reason: "no proposal is left",
      turns: 4,
    });
  });
});

const notUnderstood =
  "I don't understand your input. \nIf you want to execute code, please use <execute> YOUR_CODE_HERE </execute>.\nIf you want to give me an answer, please use <solution> YOUR_SOLUTION_HERE </solution>.\nFor example: The answer to the question is <solution> 42 </solution>. \n";

function text(content: string) {
  return { type: "text", text: content };
}

function outcome({ model, setting, task }: RecordedRun) {
  return { model, setting, task };
}
