import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { runCli } from "../program.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "codeact-completion-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function script(shell: string): Promise<string> {
  const stdout = new PassThrough();
  const code = await runCli(["completion", shell], {
    env: {},
    cwd: folder,
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    fetch: () => Promise.reject(new TypeError("no server answers")),
  });
  expect(code).toBe(0);
  return String(stdout.read());
}

async function isThere(shell: string): Promise<boolean> {
  return await run(shell, ["-c", "true"]).then(
    () => true,
    () => false,
  );
}

const hasZsh = await isThere("zsh");
const hasFish = await isThere("fish");

describe("completion", () => {
  it("completes commands, options, values and files in bash", async () => {
    writeFileSync(join(folder, "codeact.bash"), await script("bash"));
    writeFileSync(join(folder, "my data.csv"), "");
    const complete = async (...words: string[]): Promise<readonly string[]> => {
      const program = `source ./codeact.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _codeact
for reply in "\${COMPREPLY[@]}"; do echo "$reply"; done`;
      const { stdout } = await run("bash", ["-c", program, "bash", "codeact", ...words], {
        cwd: folder,
      });
      return stdout.trim().split("\n");
    };
    expect(await complete("ch")).toEqual(["chat"]);
    expect(await complete("run", "--run")).toEqual(["--runtime"]);
    expect(await complete("run", "--runtime", "")).toEqual(["sandbox", "bare"]);
    expect(await complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await complete("chat", "my")).toEqual(["my data.csv"]);
    expect(await complete("chat", "--model", "")).toEqual([""]);
    expect(await complete("chat", "--list", "--res")).toEqual(["--resume"]);
  });

  it("knows every option of every command in all shells", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const text = await script(shell);
      for (const word of ["chat", "doctor", "max-turns", "runtime", "completion"]) {
        expect(text).toContain(word);
      }
    }
  });

  it.skipIf(!hasZsh)("is a script that zsh reads", async () => {
    writeFileSync(join(folder, "codeact.zsh"), await script("zsh"));
    await expect(run("zsh", ["-fn", join(folder, "codeact.zsh")])).resolves.toMatchObject({
      stderr: "",
    });
  });

  it.skipIf(!hasFish)("completes commands and values in fish", async () => {
    writeFileSync(join(folder, "codeact.fish"), await script("fish"));
    const program = `source ${join(folder, "codeact.fish")}; complete -C "codeact ch"; complete -C "codeact run --runtime s"`;
    const { stdout } = await run("fish", ["--no-config", "-c", program]);
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual(["chat", "sandbox", ""]);
  });
});
