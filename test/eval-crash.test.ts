import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const tasks = 60;
const kills = 6;

let cwd: string;
let out: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-eval-crash-"));
  out = join(cwd, "out");
  mkdirSync(join(cwd, "data/gsm8k"), { recursive: true });
  const lines = Array.from({ length: tasks }, (_, index) =>
    JSON.stringify({ question: `${index} + 1?`, answer: `<<${index}+1=>>\n#### ${index + 1}` }),
  );
  writeFileSync(join(cwd, "data/gsm8k/test.jsonl"), lines.join("\n"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function evaluation() {
  const options = ["--runtime", "bare", "--model", "oracle", "--data", "data", "--out", out];
  return spawn(process.execPath, [main, "eval", "gsm8k", ...options], {
    cwd,
    env: { ...process.env, CODEACT_PYTHON: "python3" },
    stdio: "ignore",
  });
}

/** The whole lines of a file. */
function content(name: string): string {
  const text = existsSync(join(out, name)) ? readFileSync(join(out, name), "utf8") : "";
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

function lines(name: string): readonly { readonly key: string; readonly task: string }[] {
  return content(name)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { key: string; task: string });
}

it("keeps each result once, whenever the process is killed", async () => {
  for (let kill = 0; kill < kills; kill++) {
    const before = content("results.jsonl");
    const process = evaluation();
    const exit = once(process, "exit");
    while (content("results.jsonl") === before && process.exitCode === null) await delay(5);
    await delay(Math.random() * 50);
    process.kill("SIGKILL");
    await exit;
    expect(content("results.jsonl").startsWith(before)).toBe(true);
  }
  const before = content("results.jsonl");
  const [code] = (await once(evaluation(), "exit")) as [number];
  expect(code).toBe(0);
  expect(content("results.jsonl").startsWith(before)).toBe(true);
  const results = lines("results.jsonl");
  const ids = Array.from({ length: tasks }, (_, index) => `${index}`);
  expect(results.map(({ task }) => task).toSorted()).toEqual(ids.toSorted());
  // A kill between the two leaves a trajectory whose task is played once more.
  const played = new Set(lines("trajectories.jsonl").map(({ key }) => key));
  expect(played).toEqual(new Set(results.map(({ key }) => key)));
}, 60_000);
