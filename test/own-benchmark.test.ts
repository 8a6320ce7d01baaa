import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli } from "../src/cli/program.ts";
import { startScriptedServer, textReply } from "./scripted-openai-server.ts";

const root = new URL("../", import.meta.url);
const program = "examples/play-own-benchmark.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-own-benchmark-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

it("the guide of evaluation shows a benchmark that works", async () => {
  const guide = readFileSync(new URL("docs/guides/evaluation.md", root), "utf8");
  const shown = [...guide.matchAll(/<!-- (examples\/\S+) -->\n\n?```ts\n([^]*?)```/g)];
  expect(shown.map(([, path]) => path)).toEqual(["examples/own-benchmark.ts", program]);
  for (const [, path = "", text] of shown) {
    expect(text).toBe(readFileSync(new URL(path, root), "utf8"));
  }

  // Tasks are played at once, so each reply has to fit both of them, whichever of them is ahead.
  const answer = textReply(
    "<execute>\nfinal_answer(sum(map(count, ['bolts', 'nuts', 'washers'])))\n</execute>",
  );
  await using server = await startScriptedServer([answer, answer]);
  const child = spawn(process.execPath, [fileURLToPath(new URL(program, root))], {
    cwd,
    env: { ...process.env, OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(printed).toBe("most: wrong, 1 turns\ntotal: correct, 1 turns\n");
  expect(exitCode).toBe(0);
  expect(existsSync(join(cwd, "codeact-output/eval/stock/report.html"))).toBe(true);
});

/** Runs `codeact eval` on the system's Python. */
async function evaluate(...args: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(["eval", ...args, "--runtime", "bare", "--model", "oracle"], {
    env: { PATH: process.env["PATH"], HOME: cwd, CODEACT_PYTHON: "python3" },
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

it("the command plays a benchmark that a module exports, in all its formats", async () => {
  const path = fileURLToPath(new URL("examples/own-benchmark.ts", root));
  const { code, stdout, stderr } = await evaluate(path, "--format", "code,json,text");
  expect([code, stdout.match(/^oracle {2}(code|json|text) +2 +100\.0/gm)?.length]).toEqual([0, 3]);
  expect(stderr).toContain("stock (text) ████████████████████ 2/2 tasks, 100.0 % solved");
  expect(existsSync(join(cwd, "codeact-output/eval/stock/report.html"))).toBe(true);
});

it.each([
  ["export const one = 1;", "benchmark.mjs exports no benchmark."],
  [
    "export const b = {name: 'a/b', description: '', formats: ['code'], load() {}};",
    "no benchmark",
  ],
  ["throw new Error('Oops.');", "The benchmark of "],
  [
    "const b = {description: 'd', formats: ['code'], load() { return []; }};" +
      "export const one = {...b, name: 'one'}, two = {...b, name: 'two'};",
    "exports more than one benchmark.",
  ],
  [
    "export const none = {name: 'n', description: 'd', formats: ['code'], load() { return []; }};",
    "No task of n is left to play.",
  ],
])("the command says what is wrong with a module: %s", async (source, message) => {
  writeFileSync(join(cwd, "benchmark.mjs"), source);
  const { code, stderr } = await evaluate("./benchmark.mjs");
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

it("the command says that there is no module", async () => {
  const { code, stderr } = await evaluate("./nowhere.ts");
  expect([code, stderr]).toEqual([2, expect.stringContaining("nowhere.ts could not be loaded")]);
});
