import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./program.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-cli-"));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line on the system's Python, without keys and without model servers. */
async function cli(
  args: readonly string[],
  stdin = "",
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, {
    env: { PATH: process.env["PATH"], HOME: cwd, CODEACT_PYTHON: "python3", ...env },
    cwd,
    stdin: Readable.from([stdin]),
    stdout,
    stderr,
    fetch: () => Promise.reject(new TypeError("no server answers")),
  });
  return { code, stdout: read(stdout), stderr: read(stderr) };
}

function read(stream: PassThrough): string {
  return ((stream.read() as Buffer | null) ?? "").toString();
}

function writeReplay(...texts: readonly string[]): string {
  const path = join(cwd, "replies.jsonl");
  writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  return `replay:${path}`;
}

const bare = ["--runtime", "bare"];
const warning = /^codeact: The bare runtime has no isolation/;

describe("codeact exec", () => {
  it("prints what the code prints, as it is", async () => {
    const result = await cli(["exec", ...bare, "--code", "print('a')\n6 * 7"]);
    expect(result).toEqual({ code: 0, stdout: "a\n42\n", stderr: expect.stringMatching(warning) });
  });

  it("reads code from standard input and ends with 1 when it raises", async () => {
    const { code, stdout, stderr } = await cli(["exec", ...bare], "print('before')\n1 / 0\n");
    expect(code).toBe(1);
    expect(stdout).toBe("before\n");
    expect(stderr).toContain("ZeroDivisionError: division by zero");
  });

  it("gives the code its files and saves those it makes, replacing none", async () => {
    writeFileSync(join(cwd, "in.txt"), "hello");
    const args = [
      "exec",
      ...bare,
      "--out",
      "results",
      "--code",
      "open('out.txt', 'w').write(open('in.txt').read().upper());",
      "in.txt",
    ];
    expect((await cli(args)).stderr).toContain(`saved ${join("results", "out.txt")}\n`);
    expect((await cli(args)).stderr).toContain(`saved ${join("results", "out-2.txt")}\n`);
    expect(readdirSync(join(cwd, "results"))).toEqual(["out-2.txt", "out.txt"]);
    expect(readFileSync(join(cwd, "results", "out.txt"), "utf8")).toBe("HELLO");
  });

  it("prints events as JSON lines", async () => {
    const { stdout } = await cli(["exec", ...bare, "--json", "--code", "1 + 1"]);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events).toMatchObject([
      { type: "cell-start", turn: 1, code: "1 + 1" },
      { type: "output", output: { type: "value", data: { "text/plain": "2" } } },
      { type: "cell-end", outcome: { status: "ok" } },
    ]);
  });

  it("stops code at its time limit", async () => {
    const { code, stderr } = await cli([
      "exec",
      ...bare,
      "--timeout",
      "0.2",
      "--code",
      "while True: pass",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("the time limit");
  });
});

describe("codeact run", () => {
  it("shows prose, code, output and the answer, and saves files", async () => {
    const model = writeReplay(
      "I write a file.\n\n<execute>\nopen('made.txt', 'w').write('x')\nprint('done')\n</execute>",
      "All is done.",
    );
    const { code, stdout, stderr } = await cli(["run", ...bare, "--model", model, "a task"]);
    expect(stdout).toBe(
      [
        "I write a file.",
        "",
        "│ open('made.txt', 'w').write('x')",
        "│ print('done')",
        "  done",
        "",
        "All is done.",
        "",
        `saved ${join("codeact-output", "made.txt")}`,
        "",
      ].join("\n"),
    );
    expect(stderr).toMatch(/2 turns, 0 \+ 0 tokens\n$/);
    expect(code).toBe(0);
  });

  it("prints events as JSON lines, faults as plain data", async () => {
    const model = writeReplay("<execute>\nprint(1)\n</execute>");
    const { code, stdout, stderr } = await cli([
      "run",
      ...bare,
      "--json",
      "--model",
      model,
      "a task",
    ]);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events[0]).toMatchObject({ type: "run-start", task: "a task" });
    expect(events.at(-1)).toMatchObject({
      type: "run-end",
      result: { status: "failed", error: { code: "model_failed", message: expect.any(String) } },
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(/codeact: .+\n/);
  });

  it("ends with 1 when the turns are used up", async () => {
    const model = writeReplay("<execute>\nprint(1)\n</execute>");
    const { code, stderr } = await cli([
      "run",
      ...bare,
      "--max-turns",
      "1",
      "--model",
      model,
      "a task",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("codeact: The model gave no answer: its turns are used up (1 turn).");
  });

  it("refuses a check that is no Python before the model has worked, and tells a failed one once", async () => {
    const model = writeReplay("8", "8", "8", "8", "8");
    const broken = await cli(["run", ...bare, "--model", model, "--check", "1 +", "a task"]);
    expect(broken.code).toBe(2);
    expect(broken.stdout).toBe("");
    expect(broken.stderr).toContain("codeact: The check is not Python: invalid syntax: 1 +\n");
    const failed = await cli(["run", ...bare, "--model", model, "--check", "False", "a task"]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(
      "codeact: The answer was not accepted: it fails this check: False.\n",
    );
  });

  it("takes limits, a schema and a check for the answer", async () => {
    writeFileSync(join(cwd, "schema.json"), '{"type": "number", "maximum": 10}');
    const model = writeReplay("About seven.", "12", "8", "<execute>\nfinal_answer(7)\n</execute>");
    const args = ["--model", model, "--answer-schema", "schema.json", "--check", "answer == 7"];
    const { code, stdout } = await cli(["run", ...bare, ...args, "--max-tokens", "100", "a task"]);
    expect(stdout).toBe(
      [
        "About seven.",
        "",
        "(Your answer was not accepted: it holds no JSON)",
        "",
        "12",
        "",
        "(Your answer was not accepted: it does not fit the schema:)",
        "",
        "8",
        "",
        "(Your answer was not accepted: it fails this check: answer == 7. Correct it and answer again.)",
        "",
        "│ final_answer(7)",
        "",
        "7",
        "",
      ].join("\n"),
    );
    expect(code).toBe(0);
  });

  it("says which limit ended the run", async () => {
    const model = writeReplay("<execute>\n1\n</execute>", "Perhaps 1.");
    const result = await cli(["run", ...bare, "--model", model, "--max-executions", "1", "a task"]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/Perhaps 1\.\n$/);
    expect(result.stderr).toContain(
      "codeact: The model had to answer early: it may run no more code (2 turns).\n  Allow more with --max-executions",
    );
    const args = ["--answer-schema", "replies.jsonl"];
    const broken = await cli(["run", ...bare, "--model", model, ...args, "a task"]);
    expect(broken).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is not a JSON schema"),
    });
  });

  it("keeps the best of several continuations, with its files", async () => {
    const write = "<execute>\nopen('made.txt', 'w').write('x');\n</execute>";
    const args = ["--best-of", "2", "--check", "answer == '7' and open('made.txt').read() == 'x'"];
    const model = writeReplay(write, write, "12", "7");
    const { code, stdout, stderr } = await cli([
      "run",
      ...bare,
      "--model",
      model,
      ...args,
      "a task",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^│ open\(.*\n\n7\n\nsaved codeact-output.made\.txt\n$/);
    expect(stderr).toMatch(/continuation \d answered in 2 turns: 12\n/);
    expect(stderr).toMatch(
      /continuation (\d) answered in 2 turns: 7\n[^]*continuation \1 is the best/,
    );
  });

  it("branches in the middle of a run, and replays continuations that were recorded", async () => {
    const act = (code: string): string => `<execute>\n${code}\n</execute>`;
    const lines = [
      { text: act("data = [3, 4]\nprint('loaded')") },
      { text: act("open('made.txt', 'w').write('one')"), seed: 1 },
      { text: act("data.append(sum(data))"), seed: 2 },
      { text: "12", seed: 1 },
      { text: "7", seed: 2 },
    ].map((line) => JSON.stringify(line));
    writeFileSync(join(cwd, "talk.jsonl"), lines.join("\n"));
    const best = ["--best-of", "2", "--branch-after", "1", "--check", "int(answer) == data[-1]"];
    const run = ["run", ...bare, ...best, "a task", "--model"];
    const first = await cli([...run, `replay:${join(cwd, "talk.jsonl")}`, "--record", "new.jsonl"]);
    expect(first.code).toBe(0);
    expect(first.stdout).toBe(
      "│ data = [3, 4]\n│ print('loaded')\n  loaded\n\n│ data.append(sum(data))\n\n7\n",
    );
    expect(first.stderr).toMatch(
      /continuation 1 answered in 3 turns: 12\n[^]*continuation 2 is the best/,
    );
    const again = await cli([...run, `replay:${join(cwd, "new.jsonl")}`]);
    expect(again.stdout).toBe(first.stdout);
    const none = await cli([...run, `replay:${join(cwd, "talk.jsonl")}`, "--check", "answer == 9"]);
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining("codeact: No answer passed the check: answer == 9\n"),
    ]);
    const lonely = await cli(["run", ...bare, "--branch-after", "1", "a task"]);
    expect([lonely.code, lonely.stderr]).toEqual([
      2,
      expect.stringContaining("--branch-after needs --best-of."),
    ]);
  });

  it("shows the model taking stock in a paragraph of its own", async () => {
    const model = writeReplay(
      "Next: look.",
      "<execute>\nprint(1)\n</execute>",
      "Known: 1.",
      "One.",
    );
    const { stdout } = await cli(["run", ...bare, "--model", model, "--plan", "1", "a task"]);
    expect(stdout).toBe("Next: look.\n\n│ print(1)\n  1\n\nKnown: 1.\n\nOne.\n");
  });

  it("says how continuations ended that gave no answer", async () => {
    const lines = [1, 2].map((seed) => JSON.stringify({ text: "<execute>\n1\n</execute>", seed }));
    writeFileSync(join(cwd, "talk.jsonl"), lines.join("\n"));
    const model = ["--model", `replay:${join(cwd, "talk.jsonl")}`];
    const { code, stderr } = await cli(["run", ...bare, ...model, "--best-of", "2", "a task"]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/continuation 1 failed after 2 turns: The recording .* has no reply/);
    expect(stderr).toContain(
      "no answer was accepted; what follows is continuation 1; in all 0 + 0 tokens\n",
    );
  });

  it("records replies that can be replayed", async () => {
    const model = writeReplay("<execute>\nprint(1)\n</execute>", "It is 1.");
    const first = await cli(["run", ...bare, "--model", model, "--record", "new.jsonl", "a task"]);
    const again = await cli([
      "run",
      ...bare,
      "--model",
      `replay:${join(cwd, "new.jsonl")}`,
      "a task",
    ]);
    expect(again.stdout).toBe(first.stdout);
    expect(again.stdout).toContain("It is 1.");
    // A run that gets no reply leaves an earlier recording as it is.
    const lost = join(cwd, "empty.json");
    writeFileSync(lost, '{"replies": []}');
    const recorded = readFileSync(join(cwd, "new.jsonl"), "utf8");
    const run = ["run", ...bare, "--record", "new.jsonl", "a task", "--model"];
    expect(await cli([...run, `replay:${lost}`])).toMatchObject({ code: 4 });
    expect(await cli([...run, `replay:${join(cwd, "new.jsonl")}`])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("The recording new.jsonl is what the model replays."),
    });
    expect(readFileSync(join(cwd, "new.jsonl"), "utf8")).toBe(recorded);
  });
});

describe("bad input", () => {
  const cases: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ["an empty task", ["run", " "], 2, /The task is empty/],
    ["a file that is missing", ["exec", "none.py"], 2, /The file none\.py does not exist/],
    ["a data file that is missing", ["run", "t", "none.csv"], 2, /none\.csv does not exist/],
    ["a folder as a file", ["run", "t", "."], 2, /is a folder/],
    [
      "a model without a key",
      ["run", "t", "--model", "openai/gpt-5-mini"],
      3,
      /no API key for openai/,
    ],
    ["no model at all", ["run", "t"], 3, /There is no model/],
    [
      "a Python that is missing",
      ["exec", "--code", "1", "--python", "/none"],
      5,
      /\/none does not exist/,
    ],
    [
      "a folder that can't be written",
      ["exec", "--code", "1", "--out", "/proc/x"],
      2,
      /can't be written/,
    ],
    ["an unknown command", ["bogus"], 2, /unknown command 'bogus'/],
    ["an unknown option", ["exec", "--bogus"], 2, /unknown option '--bogus'/],
    ["a bad amount", ["run", "t", "--max-cost", "much"], 2, /number above 0/],
    ["a bad number", ["run", "t", "--max-turns", "0"], 2, /whole number from 1/],
  ];
  it.each(cases)("%s is one sentence and its exit code", async (_name, args, code, message) => {
    const result = await cli(args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/^codeact: /);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout).toBe("");
  });

  it("leaves no output folder when nothing was made", async () => {
    await cli(["exec", ...bare, "--code", "1"]);
    expect(existsSync(join(cwd, "codeact-output"))).toBe(false);
  });
});
