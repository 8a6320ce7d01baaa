import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "../src/cli/program.ts";
import { startScriptedServer, textReply } from "./scripted-openai-server.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-eval-"));
  mkdirSync(join(cwd, "data/gsm8k"), { recursive: true });
  writeData(
    { question: "Ann has 2 apples and buys 3. How many?", answer: "2+3=<<2+3=5>>5\n#### 5" },
    { question: "Ben runs 4 km on 3 days. How far?", answer: "4*3=<<4*3=12>>12\n#### 12" },
    { question: "Cay shares 8 nuts with Dan. Each?", answer: "8/2=<<8/2=4>>4\n#### 4" },
  );
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

function writeData(...records: readonly unknown[]): void {
  const lines = records.map((record) =>
    typeof record === "string" ? record : JSON.stringify(record),
  );
  writeFileSync(join(cwd, "data/gsm8k/test.jsonl"), lines.join("\n"));
}

/** Runs `codeact eval` on the system's Python. */
async function evaluate(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(["eval", ...args], {
    env: {
      PATH: process.env["PATH"],
      HOME: cwd,
      CODEACT_PYTHON: "python3",
      CODEACT_DATA: join(cwd, "data"),
      ...env,
    },
    cwd,
    stdin: Readable.from([""]),
    stdout,
    stderr,
    fetch,
  });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

const gsm8k = ["gsm8k", "--runtime", "bare"];
const oracle = [...gsm8k, "--model", "oracle"];

interface Report {
  readonly benchmark: string;
  readonly summaries: readonly Record<string, unknown>[];
}

function trajectories(): readonly { task: string; verdict: string; format: string }[] {
  return readFileSync(join(cwd, "codeact-output/eval/gsm8k/trajectories.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { task: string; verdict: string; format: string });
}

describe("codeact eval", () => {
  it("lets an oracle solve the tasks in three formats, and writes the reports", async () => {
    const { code, stdout, stderr } = await evaluate([...oracle, "--format", "code,json,text"]);
    expect(code).toBe(0);
    expect(stderr).toContain("gsm8k (json) ████████████████████ 3/3 tasks, 100.0 % solved");
    expect(stdout).toContain("The report is codeact-output/eval/gsm8k/report.html");
    const played = trajectories().map(
      ({ task, format, verdict }) => `${format} ${task} ${verdict}`,
    );
    expect(played.toSorted()).toEqual(
      ["code", "json", "text"].flatMap((format) =>
        ["0", "1", "2"].map((task) => `${format} ${task} correct`),
      ),
    );
    expect(readdirSync(join(cwd, "codeact-output/eval/gsm8k"))).toEqual(
      expect.arrayContaining(["report.md", "report.json", "report.html", "trajectories.html"]),
    );
  });

  it.each(["agent", "chain-of-thought"])(
    "has an oracle that writes numbers as faithful grading reads them: %s",
    async (variant) => {
      writeData(
        { question: "1,000 + 200?", answer: "1000+200=<<1000+200=1200>>1,200\n#### 1,200" },
        { question: "2 - 5?", answer: "2-5=<<2-5=-3>>-3\n#### -3" },
      );
      const { stdout, stderr } = await evaluate([...oracle, "--variant", variant, "--json"]);
      const { summaries } = JSON.parse(stdout) as Report;
      expect(summaries).toEqual([expect.objectContaining({ tasks: 1, successes: 1 })]);
      expect(stderr).toContain("No answer passes 1: The reference -3 is negative");
    },
  );

  it("goes on from what is done, and repeats nothing", async () => {
    await using server = await startScriptedServer([
      textReply("#### 5"),
      textReply("#### 13"),
      textReply("#### 4"),
    ]);
    const env = { OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl };
    const sampling = ["--temperature", "0.5", "--max-reply-tokens", "99"];
    const model = [...gsm8k, "--model", "openai/m", "--concurrency", "1", "--json", ...sampling];
    const first = await evaluate([...model, "--limit", "1"], env);
    expect(JSON.parse(first.stdout)).toMatchObject({ benchmark: "gsm8k" });
    expect(server.requests[0]?.body).toMatchObject({ temperature: 0.5, max_tokens: 99, seed: 0 });
    const all = await evaluate(model, env);
    expect(server.requests).toHaveLength(3);
    expect(trajectories().map(({ task, verdict }) => `${task} ${verdict}`)).toEqual([
      "0 correct",
      "1 wrong",
      "2 correct",
    ]);
    const { summaries } = JSON.parse(all.stdout) as Report;
    expect(summaries).toEqual([expect.objectContaining({ model: "m", tasks: 3, successes: 2 })]);
    const again = await evaluate(model, env);
    expect(again.stdout).toBe(all.stdout);
    expect(server.requests).toHaveLength(3);
  });

  it("stops at a fault that every task would meet, keeps what is done, and goes on later", async () => {
    const refusal = { status: 401, body: { error: { message: "Incorrect API key provided" } } };
    await using server = await startScriptedServer([
      textReply("#### 5"),
      refusal,
      textReply("#### 12"),
      textReply("#### 4"),
    ]);
    const env = { OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl };
    const model = [...gsm8k, "--model", "openai/m", "--concurrency", "1"];
    const stopped = await evaluate(model, env);
    expect(stopped.code).toBe(3);
    expect(stopped.stderr).toMatch(
      /The evaluation was stopped: .*\n.*the same command goes on from there\.\n$/,
    );
    expect(stopped.stdout).toContain("100.0");
    expect(server.requests).toHaveLength(2);
    const { code } = await evaluate(model, env);
    expect(code).toBe(0);
    expect(trajectories().map(({ task, verdict }) => `${task} ${verdict}`)).toEqual([
      "0 correct",
      "1 correct",
      "2 correct",
    ]);
  });

  it("says that conversations were longer than the model can read, and what the server said", async () => {
    const said = "request (1958 tokens) exceeds the available context size (1024 tokens)";
    const tooLong = { status: 400, body: { error: { message: said } } };
    await using server = await startScriptedServer([tooLong, textReply("#### 12"), tooLong]);
    const env = { OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl };
    const model = [...gsm8k, "--model", "openai/m", "--concurrency", "1"];
    const { code, stderr } = await evaluate(model, env);
    expect(code).toBe(0);
    expect(trajectories().map(({ verdict }) => verdict)).toEqual([
      "context limit",
      "correct",
      "context limit",
    ]);
    expect(stderr).toContain(
      `codeact: 2 of 3 plays ended at the context limit. The first: The conversation is too long for m: ${said}. Give`,
    );
  });

  it("marks the estimated tokens of a reply that is left once its action is complete, also later", async () => {
    const fence = "```";
    await using server = await startScriptedServer([
      textReply(`${fence}python\nprint(2 + 3)\n${fence}\n`, "That prints ", "5."),
      textReply("#### 5"),
    ]);
    const env = { OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl };
    const model = [...gsm8k, "--model", "openai/m", "--limit", "1"];
    const { stdout } = await evaluate(model, env);
    expect(stdout).toMatch(/^m {2}.* ~[\d,]+$/m);
    expect((await evaluate(model, env)).stdout).toBe(stdout);
  });

  it("has functions written in every format, as code or as the argument of an action", async () => {
    const prompt =
      'def join(a, b):\n    """Joins, with \', " and a comma: join(1, 2) is "1, 2"."""\n';
    const record = {
      task_id: "HumanEval/0",
      prompt,
      entry_point: "join",
      canonical_solution: '    return f"{a}, {b}"\n',
      test: 'def check(f):\n    assert f(1, 2) == "1, 2"\n',
    };
    mkdirSync(join(cwd, "data/humaneval"));
    writeFileSync(join(cwd, "data/humaneval/HumanEval.jsonl"), JSON.stringify(record));
    const { code, stdout } = await evaluate([
      ...["humaneval", "--runtime", "bare", "--model", "oracle", "--json"],
      ...["--format", "code,json,text"],
    ]);
    expect(code).toBe(0);
    const { summaries } = JSON.parse(stdout) as Report;
    expect(summaries.map(({ format, successes }) => [format, successes])).toEqual([
      ["code", 1],
      ["json", 1],
      ["text", 1],
    ]);
  });

  it("refuses a format that means nothing for a variant without actions", async () => {
    expect(
      await evaluate([...oracle, "--variant", "chain-of-thought", "--format", "json"]),
    ).toEqual({
      code: 2,
      stdout: "",
      stderr:
        "codeact: gsm8k can't be played in the json format.\n  This variant of it has no actions: leave --format out, or choose a --variant with actions, such as agent.\n",
    });
  });

  it("names file and line of a malformed record, and leaves it out on request", async () => {
    writeData({ question: "1 + 1?", answer: "#### 2" }, '{"question": "cut', { question: "?" });
    const { code, stderr } = await evaluate(oracle);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/gsm8k\/test\.jsonl, line 2, is malformed: .*\n.*--skip-malformed/),
    ]);
    const skipped = await evaluate([...oracle, "--skip-malformed"]);
    expect(skipped.code).toBe(0);
    expect(skipped.stderr).toMatch(/Left out: .*line 2[^]*Left out: .*line 3[^]*1\/1 tasks/);
  });

  it("says what to do when data are missing, and what there is to choose from", async () => {
    rmSync(join(cwd, "data"), { recursive: true });
    expect(await evaluate(oracle)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /The data of gsm8k is missing[^]*codeact eval fetch gsm8k/,
      ) as string,
    });
    expect(await evaluate(["gsm9k"])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no benchmark named gsm9k[^]*m3tooleval/) as string,
    });
  });

  it.each([
    [["gsm8k", "--format", "xml"], /must be code, json or text/],
    [["gsm8k", "--variant", "zero-shot"], /zero-shot/],
    [["gsm8k", "--concurrency", "0"], /concurrency/],
    [["gsm8k", "--grading", "kind"], /Allowed choices are faithful, corrected/],
    [["gsm8k", "--from-outputs", "."], /Only mint has recorded trajectories/],
    [["mint", "--from-outputs", "nowhere"], /nowhere/],
  ])("refuses %j with a sentence", async (args, message) => {
    const { code, stdout, stderr } = await evaluate([...args, "--model", "oracle"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
