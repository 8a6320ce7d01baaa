import { once } from "node:events";
import { mkdtempSync, readFileSync, appendFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { CodeActError } from "../errors.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import type { Runtime } from "../execution/runtime.ts";
import { messageText, type Model } from "../models/model.ts";
import { packageVersion } from "../package-version.ts";
import { agentTask, type AgentTaskOptions } from "./agent-task.ts";
import { askModel } from "./ask-model.ts";
import type { BenchmarkTask } from "./benchmark.ts";
import { createOracleModel, type OracleReply } from "./oracle.ts";
import { openResultStore, readTrajectories, type ResultStore } from "./result-store.ts";
import { runEvaluation, type EvaluationOptions } from "./run-evaluation.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-evaluation-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A task that wants its own id as the answer. */
function taskOf(id: string, options: Partial<AgentTaskOptions> = {}): BenchmarkTask {
  return agentTask({ id, prompt: `Say ${id}.`, grade: (answer) => answer === id, ...options });
}

/** A model that gives these replies to each task. */
function saying(replies: Readonly<Record<string, readonly OracleReply[]>>) {
  return (task: BenchmarkTask): Model => ({
    ...createOracleModel(replies[task.id] ?? []),
    id: "m",
  });
}

async function evaluate(
  options: Pick<EvaluationOptions, "tasks" | "model"> & Partial<EvaluationOptions>,
) {
  using store = openResultStore(folder);
  return await runEvaluation({
    benchmark: "test",
    runtime,
    store,
    format: "code",
    grading: "faithful",
    feedback: "enriched",
    ...options,
  });
}

describe("runEvaluation", () => {
  it("notes what each result was made with", async () => {
    const before = new Date().toISOString();
    const [result] = await evaluate({
      tasks: [taskOf("a")],
      model: (task) => ({ ...saying({ a: ["a"] })(task), provider: "server" }),
      environment: { pythonVersion: "3.11.7" },
    });
    const { startedAt = "", ...rest } = result?.provenance ?? {};
    expect(rest).toEqual({
      codeact: packageVersion(),
      python: "3.11.7",
      runtime: "bare",
      provider: "server",
    });
    expect(startedAt >= before && startedAt <= new Date().toISOString()).toBe(true);
    expect([...readTrajectories(folder)][0]?.provenance).toEqual(result?.provenance);
  });

  it("plays tasks, judges them, and keeps results and trajectories", async () => {
    const setup = "def tool():\n    return 'a'";
    const results = await evaluate({
      tasks: [taskOf("a", { setup, group: "letters" }), taskOf("b")],
      model: saying({ a: ["<execute>\ntool()\n</execute>", "a"], b: ["x"] }),
      price: ({ outputTokens }) => outputTokens,
    });
    expect(results).toMatchObject([
      { task: "a", group: "letters", verdict: "correct", success: true, turns: 2, cells: 1 },
      { task: "b", verdict: "wrong", success: false, answer: "x", turns: 1, cost: 1 },
    ]);
    const first = [...readTrajectories(folder)].find(({ task }) => task === "a");
    expect(first?.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect(first?.events.map(({ type }) => type)).toEqual([
      "run-start",
      "turn-start",
      "code-complete",
      "cell-start",
      "output",
      "cell-end",
      "turn-end",
      "turn-start",
      "turn-end",
      "run-end",
    ]);
  });

  it("goes on where an interrupted run stopped, and repeats nothing", async () => {
    const played: string[] = [];
    const controller = new AbortController();
    const tasks = ["a", "b", "c"].map((id) =>
      taskOf(id, {
        grade: () => {
          played.push(id);
          if (id === "b" && !controller.signal.aborted) controller.abort();
          return true;
        },
      }),
    );
    const model = saying({ a: ["a"], b: ["b"], c: ["c"] });
    const first = evaluate({ tasks, model, concurrency: 1, signal: controller.signal });
    await expect(first).rejects.toThrow("aborted");
    const file = join(folder, "results.jsonl");
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
    appendFileSync(file, '{"key": "cut off by a cra');
    const results = await evaluate({ tasks, model, concurrency: 1 });
    expect(results.map(({ task, verdict }) => [task, verdict])).toEqual([
      ["a", "correct"],
      ["b", "correct"],
      ["c", "correct"],
    ]);
    expect(played).toEqual(["a", "b", "b", "c"]);
  });

  it("tells how tasks end apart", async () => {
    const again = "<execute>\n1\n</execute>";
    const filtered: Model = {
      id: "m",
      capabilities: { images: false },
      async *stream() {
        yield { type: "text-delta", text: "I" };
        yield { type: "finish", reason: "content-filter" };
      },
    };
    const asked: string[] = [];
    const failing = (id: string, error: CodeActError): Model => ({
      ...filtered,
      async *stream() {
        asked.push(id);
        yield { type: "finish", reason: "error", error };
      },
    });
    const replies = saying({
      refused: ["I'm sorry, but I cannot assist with that."],
      stuck: [again, again, again, again],
      malformed: [again, " ", " ", " "],
      limit: ["1", "2", "3", "4"].map((code) => `<execute>\n${code}\n</execute>`),
      infrastructure: [],
    });
    const faults: Readonly<Record<string, CodeActError>> = {
      service: new CodeActError("model_failed", "No."),
      slow: new CodeActError("model_timeout", "Slow."),
    };
    const results = await evaluate({
      tasks: [
        ...["refused", "stuck", "malformed", "limit", "service", "slow"].map((id) => taskOf(id)),
        taskOf("filtered"),
        taskOf("broken", { setup: "1 / 0" }),
      ],
      model(task) {
        if (task.id === "filtered") return filtered;
        return faults[task.id] ? failing(task.id, faults[task.id]!) : replies(task);
      },
      maxTurns: 4,
    });
    expect(results.map(({ task, verdict }) => `${task}: ${verdict}`)).toEqual([
      "refused: refused",
      "stuck: stuck",
      "malformed: malformed",
      "limit: turn limit",
      "service: model error",
      "slow: timeout",
      "filtered: refused",
      "broken: infrastructure",
    ]);
    // A service that is late may only have been busy.
    expect(asked.toSorted()).toEqual(["service", "slow", "slow", "slow"]);
  });

  it("tries tasks again whose service failed, once the run is resumed", async () => {
    const tasks = [taskOf("a")];
    const [first] = await evaluate({ tasks, model: saying({ a: [] }) });
    expect(first?.verdict).toBe("model error");
    const [second] = await evaluate({ tasks, model: saying({ a: ["a"] }) });
    expect(second?.verdict).toBe("correct");
  });

  it.each([
    new CodeActError("model_context_exceeded", "All at once are too long.", {
      details: { reason: "shared-context" },
    }),
    new CodeActError("model_timeout", "It did not start.", { details: { reason: "not-started" } }),
  ])("plays again, with fewer at once, where a server had too much to do: %s", async (error) => {
    let asked = 0;
    const model: Model = {
      id: "m",
      capabilities: { images: false },
      async *stream() {
        asked += 1;
        if (asked === 1) {
          yield { type: "finish", reason: "error", error };
          return;
        }
        yield { type: "text-delta", text: "a" };
        yield { type: "finish", reason: "stop" };
      },
    };
    const progress: unknown[] = [];
    const results = await evaluate({
      tasks: [taskOf("a")],
      model,
      onProgress: ({ done, failed, successes }) => progress.push([done, failed, successes]),
    });
    expect(results).toMatchObject([{ task: "a", verdict: "correct" }]);
    expect(asked).toBe(2);
    expect(progress).toEqual([
      [0, 0, 0],
      [1, 0, 1],
    ]);
  });

  it("tells plays that the service failed from those that count", async () => {
    const progress: unknown[] = [];
    await evaluate({
      tasks: [taskOf("a"), taskOf("b")],
      model: saying({ a: ["a"], b: [] }),
      concurrency: 1,
      onProgress: ({ done, failed, successes }) => progress.push([done, failed, successes]),
    });
    expect(progress).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 1, 1],
    ]);
  });

  it("seeds each try in its own way, the same in each run", async () => {
    const draw = "<execute>\nimport random\nrandom.random()\n</execute>";
    const task = taskOf("a", { grade: () => true });
    const model = saying({
      a: [draw, (conversation) => JSON.stringify(conversation.at(-1)?.content)],
    });
    const first = await evaluate({ tasks: [task], model, samples: 2 });
    rmSync(folder, { recursive: true });
    const second = await evaluate({ tasks: [task], model, samples: 2 });
    expect(first.map(({ answer }) => answer)).toEqual(second.map(({ answer }) => answer));
    expect(first[0]?.answer).not.toBe(first[1]?.answer);
  });

  it("plays again for another judge, and gives each try's seed to the model", async () => {
    const asked: unknown[] = [];
    const model = (): Model => ({
      id: "m",
      capabilities: { images: false },
      async *stream({ seed, temperature }) {
        asked.push([seed, temperature]);
        yield { type: "text-delta", text: "a" };
        yield { type: "finish", reason: "stop" };
      },
    });
    const options = { tasks: [taskOf("a")], model, samples: 2, seed: 5, concurrency: 1 };
    await evaluate({ ...options, judge: "one" });
    await evaluate({ ...options, judge: "one" });
    const [other] = await evaluate({ ...options, judge: "other", sampling: { temperature: 1 } });
    expect(other?.settings).toBe("judge=other temperature=1 seed=5");
    expect(asked).toEqual([
      [5, 0],
      [6, 0],
      [5, 1],
      [6, 1],
    ]);
  });

  it("counts no turn for a reply that did not come", async () => {
    const task: BenchmarkTask = {
      id: "a",
      async *play({ model, signal, sampling }) {
        const asked = yield* askModel({ model, signal, sampling, questions: ["1?", "2?"] });
        return { ...asked, status: "failed", ...asked.fault };
      },
    };
    const [result] = await evaluate({ tasks: [task], model: saying({ a: ["1"] }) });
    expect(result).toMatchObject({ verdict: "model error", turns: 1 });
  });

  it("stops where no session opens, and where results can't be kept", async () => {
    const tasks = ["a", "b", "c", "d"].map((id) => taskOf(id));
    const model = saying({ a: ["a"], b: ["b"], c: ["c"], d: ["d"] });
    let opened = 0;
    const closed: Runtime = {
      ...runtime,
      async open() {
        opened += 1;
        throw new CodeActError("sandbox_unavailable", "No sandbox.");
      },
    };
    await expect(evaluate({ tasks, model, concurrency: 1, runtime: closed })).rejects.toMatchObject(
      { code: "sandbox_unavailable", message: "The evaluation was stopped: No sandbox." },
    );
    expect(opened).toBe(1);
    using kept = openResultStore(folder);
    const full: ResultStore = {
      ...kept,
      add() {
        throw new CodeActError("permission_denied", "The disk is full.");
      },
    };
    const begun: string[] = [];
    const running = runEvaluation({
      tasks,
      benchmark: "test",
      runtime,
      store: full,
      format: "code",
      grading: "faithful",
      feedback: "enriched",
      concurrency: 2,
      model: (task) => ({
        ...model(task),
        async *stream(request) {
          begun.push(task.id);
          // The second one is still at work when the first one's result can't be kept.
          if (task.id === "b") await once(request.signal!, "abort");
          yield* model(task).stream(request);
        },
      }),
    });
    await expect(running).rejects.toThrow("The disk is full.");
    expect(begun).not.toContain("c");
  });

  it("keeps the start of a boundless answer in the result, all of it in the messages", async () => {
    const answer = "a".repeat(1_000_000);
    const grade = (given: string) => given === answer;
    const [result] = await evaluate({
      tasks: [taskOf("a", { grade })],
      model: saying({ a: [answer] }),
    });
    expect(result).toMatchObject({ verdict: "correct", success: true });
    expect(result?.answer).toMatch(/^a{9999}.*left out.*a{9999}$/s);
    const [trajectory] = [...readTrajectories(folder)];
    expect(messageText(trajectory!.messages.at(-1)!)).toBe(answer);
  });

  it("refuses two tasks with one id", async () => {
    const tasks = [taskOf("a"), taskOf("b"), taskOf("a")];
    await expect(evaluate({ tasks, model: saying({}) })).rejects.toThrow(
      "Two tasks of test have the id a.",
    );
  });

  it("refuses results that are broken in the middle", async () => {
    const tasks = [taskOf("a")];
    await evaluate({ tasks, model: saying({ a: ["a"] }) });
    const file = join(folder, "results.jsonl");
    appendFileSync(file, '\n{"key": 1}\n{}\n');
    await expect(evaluate({ tasks, model: saying({}) })).rejects.toThrow(
      `${file}, line 3, is not a result.`,
    );
  });
});
