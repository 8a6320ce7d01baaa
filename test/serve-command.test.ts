import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-serve-"));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

function serve(args: readonly string[]) {
  return spawn(process.execPath, [main, "serve", "--port", "0", ...args], {
    cwd,
    env: { ...process.env, CODEACT_PYTHON: "python3", XDG_CONFIG_HOME: cwd },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

describe("codeact serve", { timeout: 60_000 }, () => {
  it("serves the agent with files and keys until it is interrupted", async () => {
    writeFileSync(join(cwd, "keys"), "first\nsecond\n");
    writeFileSync(join(cwd, "a.txt"), "alpha");
    const replies = ["<execute>\nprint(open('a.txt').read())\n</execute>", "Alpha."];
    writeFileSync(
      join(cwd, "replies.jsonl"),
      replies.map((reply) => `${JSON.stringify({ text: reply })}\n`).join(""),
    );
    const child = serve(["a.txt", "--model", "replay:replies.jsonl", "--keys", "keys"]);
    let said = "";
    for await (const piece of child.stderr) {
      said += String(piece);
      if (said.includes("Ctrl-C")) break;
    }
    const [, model = "", baseURL = ""] = /codeact: (\S+) is served at (\S+);/.exec(said) ?? [];
    const client = new OpenAI({ baseURL, apiKey: "second", maxRetries: 0 });
    const { choices } = await client.chat.completions.create({
      model,
      messages: [{ role: "user", content: "What does it say?" }],
    });
    expect(choices[0]!.message.content).toContain("```text\nalpha\n```\n\nAlpha.");
    const ended = once(child, "exit");
    child.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
  });

  it.each([
    [["--host", "0.0.0.0"], /Without keys 0\.0\.0\.0 would let everybody in\.\n {2}Name a file/],
    [["--keys", "none"], /The file of keys .*none can't be read\.\n$/],
    [["--port", "x"], /--port <number>.*must be a number from 0 to 65535/],
  ])("refuses %j with a sentence", async (args, message) => {
    const child = serve(["--model", "replay:none", ...args]);
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect([code, said]).toEqual([2, expect.stringMatching(message)]);
  });
});
