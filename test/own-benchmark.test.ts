import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startScriptedServer, textReply } from "./scripted-openai-server.ts";

const root = new URL("../", import.meta.url);
const example = "examples/own-benchmark.ts";

it("the guide of evaluation shows a benchmark that works", async () => {
  const guide = readFileSync(new URL("docs/guides/evaluation.md", root), "utf8");
  const shown = /<!-- examples\/own-benchmark\.ts -->\n\n?```ts\n([^]*?)```/.exec(guide)?.[1];
  expect(shown).toBe(readFileSync(new URL(example, root), "utf8"));

  const cwd = mkdtempSync(join(tmpdir(), "codeact-own-benchmark-"));
  // Tasks are played at once, so each reply has to fit both of them, whichever of them is ahead.
  const answer = textReply(
    "<execute>\nfinal_answer(sum(map(count, ['bolts', 'nuts', 'washers'])))\n</execute>",
  );
  await using server = await startScriptedServer([answer, answer]);
  try {
    const child = spawn(process.execPath, [fileURLToPath(new URL(example, root))], {
      cwd,
      env: { ...process.env, OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(printed).toBe("most: wrong, 1 turns\ntotal: correct, 1 turns\n");
    expect(exitCode).toBe(0);
    expect(existsSync(join(cwd, "codeact-output/eval/stock/report.html"))).toBe(true);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
