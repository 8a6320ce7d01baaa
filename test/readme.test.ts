import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startScriptedServer, textReply } from "./scripted-openai-server.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");

describe("README", () => {
  it("shows the examples as they are", () => {
    const shown = [...readme.matchAll(/<!-- (examples\/\S+) -->\n\n?```ts\n(.*?)```/gs)];
    expect(shown.map(([, path]) => path)).toEqual(["examples/first-agent.ts"]);
    for (const [, path = "", code] of shown) {
      expect(code).toBe(readFileSync(new URL(path, root), "utf8"));
    }
  });

  it("has a program of at most 12 lines that works", async () => {
    const program = readFileSync(new URL("examples/first-agent.ts", root), "utf8");
    expect(program.trim().split("\n").length).toBeLessThanOrEqual(12);
    const code = "print(sum(range(10)))";
    await using server = await startScriptedServer([
      textReply("I'll add.\n\n<exec", `ute>\n${code}\n</execute>`),
      textReply("It is 45."),
    ]);
    const child = spawn(process.execPath, ["examples/first-agent.ts"], {
      cwd: fileURLToPath(root),
      env: { ...process.env, OPENAI_API_KEY: "key", OPENAI_BASE_URL: server.baseUrl },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(printed).toBe(`${code}\n45\n\nIt is 45.\n`);
    expect(exitCode).toBe(0);
  });
});
