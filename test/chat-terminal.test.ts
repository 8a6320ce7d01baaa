import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startWebServer } from "./local-web-server.ts";
import { startScriptedServer, textReply } from "./scripted-openai-server.ts";
import type { ScriptedServer } from "./scripted-openai-server.ts";
import { runInTerminal } from "./terminal/terminal.ts";
import type { TerminalResult, TerminalStep } from "./terminal/terminal.ts";

const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const ctrlC = "\u0003";
const ctrlD = "\u0004";
const ctrlR = "\u0012";
const prompt = "› ";
const ready = "/help";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "codeact-chat-"));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

async function chat(
  args: readonly string[],
  steps: readonly TerminalStep[],
  variables: NodeJS.ProcessEnv = {},
): Promise<TerminalResult> {
  const { EDITOR: _editor, VISUAL: _visual, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...variables,
    CODEACT_DATA_DIR: join(cwd, "data"),
    XDG_CONFIG_HOME: join(cwd, "config"),
    CODEACT_PYTHON: "python3",
    TERM: "xterm",
    NO_COLOR: "1",
  };
  const result = await runInTerminal([process.execPath, main, "chat", ...args], steps, {
    cwd,
    env,
  });
  if (result.missing !== null) throw new Error(`never saw ${result.missing} in ${result.text}`);
  return result;
}

interface Completion {
  readonly messages: readonly { readonly content: unknown }[];
}

function completions(server: ScriptedServer): readonly Completion[] {
  return server.requests
    .filter(({ method }) => method === "POST")
    .map(({ body }) => body as Completion);
}

function replay(...texts: readonly string[]): string {
  const path = join(cwd, "replies.jsonl");
  writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  return `replay:${path}`;
}

function cell(code: string): string {
  return `<execute>\n${code}\n</execute>`;
}

describe("codeact chat in a terminal", { timeout: 120_000 }, () => {
  it("talks, takes a message back with its variables and files, and leaves", async () => {
    const model = replay(
      cell("x = 1; open('f.txt', 'w').write('one')\nprint('x is', x)"),
      "The first is done.",
      cell("x = 2; open('f.txt', 'w').write('two'); new = 5\nprint('x is', x)"),
      "The second is done.",
      cell("print('now', x, open('f.txt').read(), 'new' in dir())"),
      "The third is done.",
    );
    const { text, code } = await chat(
      ["--model", model],
      [
        ["expect", ready],
        ["send", "make it\r"],
        ["expect", "made f.txt"],
        ["expect", prompt],
        ["send", "change it\r"],
        ["expect", "changed f.txt"],
        ["expect", prompt],
        ["send", "/undo\r"],
        ["expect", "Back before “change it”, with variables and files."],
        ["send", "look\r"],
        ["expect", "The third is done."],
        ["expect", prompt],
        ["send", ctrlD],
      ],
    );
    expect(text).toContain("now 1 one False");
    expect(text).toMatch(/Go on with: codeact chat --resume \d{8}-[0-9a-f]{6}/);
    expect(code).toBe(0);
  });

  it("has the last message changed in EDITOR, from before its variables and files", async () => {
    const model = replay(
      cell("seen = 'f.txt' in __import__('os').listdir(), 'x' in dir()\nprint('seen', seen)"),
      "Nothing yet.",
      cell("x = 1; open('f.txt', 'w').write('one')"),
      "The first is done.",
      cell("import os; print('left', 'x' in dir(), os.path.exists('f.txt'), seen)"),
      "The second is done.",
    );
    writeFileSync(
      join(cwd, "editor.sh"),
      '#!/bin/sh\nread -p \'word? \' word || exit 3\nsed -i "s/it/$word/" "$1"\n',
      { mode: 0o755 },
    );
    const { text, code } = await chat(
      ["--model", model],
      [
        ["expect", ready],
        ["send", "look\r"],
        ["expect", "Nothing yet."],
        ["expect", prompt],
        ["send", "make it\r"],
        ["expect", "made f.txt"],
        ["expect", prompt],
        ["send", "/edit\r"],
        ["expect", "word?"],
        ["send", ctrlC],
        ["expect", "failed."],
        ["expect", prompt],
        ["send", "/edit\r"],
        ["expect", "word?"],
        ["send", "it\n"],
        ["expect", "Nothing was changed; /retry sends it again."],
        ["expect", prompt],
        ["send", "/edit\r"],
        ["expect", "word?"],
        ["send", "all\n"],
        ["expect", "The second is done."],
        ["expect", prompt],
        ["send", "/export talk.md\r"],
        ["expect", "saved talk.md"],
        ["send", ctrlD],
      ],
      { EDITOR: `sh ${join(cwd, "editor.sh")}` },
    );
    expect(text).toContain("left False False (False, False)");
    expect(readFileSync(join(cwd, "talk.md"), "utf8")).toContain("make all");
    expect(code).toBe(0);
  });

  it("reaches the hosts that are allowed, also after /new", async () => {
    await using web = await startWebServer();
    const address = `127.0.0.1:${web.port}`;
    const ask = cell(
      `import urllib.request\nprint(urllib.request.urlopen('http://${address}/').status)`,
    );
    await chat(
      ["--model", replay(ask, "Once.", ask, "Twice."), "--allow-private-net", address],
      [
        ["expect", ready],
        ["send", "get it\r"],
        ["expect", "Once."],
        ["expect", prompt],
        ["send", "/new\r"],
        ["expect", "A fresh conversation"],
        ["send", "get it\r"],
        ["expect", "Twice."],
        ["expect", prompt],
        ["send", ctrlD],
      ],
    );
    expect(web.seen).toEqual(["GET /", "GET /"]);
  });

  it("interrupts a cell with Ctrl-C, keeps the session, and answers input()", async () => {
    const model = replay(
      // What is waited for does not stand in the code, which is shown before it runs.
      cell("kept = 7\nprint('be' + 'gun', flush=True)\nwhile True: pass"),
      cell(
        "import getpass\nname = input('Name? ')\nkey = getpass.getpass('Key? ')\nprint(name, len(key), kept)",
      ),
      "Done.",
    );
    const { text } = await chat(
      ["--model", model],
      [
        ["expect", ready],
        ["send", "spin\r"],
        ["expect", "begun"],
        ["send", ctrlC],
        ["expect", "Interrupted. Variables and files are kept"],
        ["expect", prompt],
        ["send", "ask\r"],
        ["expect", "Name?"],
        ["send", "Ada\r"],
        ["expect", "Key?"],
        ["send", "secret\r"],
        ["expect", "Done."],
        ["expect", prompt],
        ["send", ctrlC],
        ["expect", "Ctrl-C once more"],
        ["send", ctrlC],
      ],
    );
    expect(text).toContain("Ada 6 7");
    expect(text).not.toContain("secret");
  });

  it("sends pasted lines as one message, finds it again, and suggests commands", async () => {
    await using server = await startScriptedServer([
      textReply("Two lines."),
      textReply("The same again."),
    ]);
    await chat(
      ["--model", `${server.baseUrl}#scripted`],
      [
        ["expect", ready],
        ["send", "\u001b[200~first line\nsecond line\u001b[201~\r"],
        ["expect", "Two lines."],
        ["expect", prompt],
        ["send", "/udno\r"],
        ["expect", "Did you mean /undo?"],
        ["expect", prompt],
        ["send", `${ctrlR}second`],
        ["expect", "search ‹second›"],
        ["send", "\r"],
        ["expect", "The same again."],
        ["expect", "7 + 3 tokens"],
        ["expect", prompt],
        ["send", "/cos\t"],
        ["expect", "/cost "],
        ["send", "\r"],
        ["expect", "14 + 6 tokens"],
        ["send", ctrlD],
      ],
    );
    const asked = completions(server).map((request) => request.messages.at(-1)?.content);
    expect(asked).toEqual(["first line\nsecond line", "first line\nsecond line"]);
  });

  it("asks about calls of tools, and takes back what a cell asked that is over", async () => {
    const definition = new URL("../src/tools/tool.ts", import.meta.url).href;
    writeFileSync(
      join(cwd, "disk.mjs"),
      `import { tool } from ${JSON.stringify(definition)};
export const remove = tool({ name: "remove", description: "Removes.", input: { type: "object", properties: { path: { type: "string" } } }, needsApproval: true, run: ({ path }) => "removed " + path });
`,
    );
    const model = replay(
      cell("print('looking');print(remove(path='old.txt'))"),
      "It is gone.",
      cell("input('Anyone? ')"),
      "Nobody answered.",
    );
    const { text } = await chat(
      ["--model", model, "--tools", "disk.mjs", "--timeout", "2"],
      [
        ["expect", ready],
        ["send", "remove it\r"],
        ["expect", "remove needs your approval"],
        ["expect", "[y]es, [n]o"],
        ["send", "y\r"],
        ["expect", "It is gone."],
        ["expect", prompt],
        ["send", "ask\r"],
        ["expect", "Anyone?"],
        ["expect", "the time limit"],
        ["expect", "Nobody answered."],
        ["expect", prompt],
        ["send", ctrlD],
      ],
    );
    // All that came before the question is shown before it.
    const shown =
      /\n  looking\n[^]*-> remove\(path="old.txt"\)\n[^]*needs your approval[^]*removed old.txt/;
    expect(text).toMatch(shown);
  });

  it("goes on with an earlier conversation: messages, files and variables", async () => {
    const model = replay(
      cell(
        "import math\ndef double(v): return 2 * v\nx = 21; open('f.txt', 'w').write('kept')\nlock = __import__('threading').Lock()",
      ),
      "Made.",
    );
    await chat(
      ["--model", model],
      [
        ["expect", ready],
        ["send", "make it\r"],
        ["expect", "made f.txt"],
        ["expect", prompt],
        ["send", "/quit\r"],
      ],
    );
    await using server = await startScriptedServer([
      textReply(cell("print(double(x), math.pi > 3, open('f.txt').read())")),
      textReply("All there."),
    ]);
    const { text } = await chat(
      ["--resume", "--model", `${server.baseUrl}#other`],
      [
        ["expect", "“make it” goes on: 1 message of yours, other."],
        ["expect", prompt],
        ["send", "check\r"],
        ["expect", "All there."],
        ["expect", prompt],
        ["send", ctrlD],
      ],
    );
    expect(text).toContain("42 True kept");
    expect(text).toContain("Not back: lock (cannot pickle");
    const told = JSON.stringify(completions(server)[0]);
    expect(told).toContain("Variables that are back: x.");
    expect(told).toContain("Functions and classes defined again: double.");
    expect(told).toContain("Not back: lock");
  });

  it("keeps conversations for their owner only", async () => {
    await chat(
      ["--model", replay("Hello.")],
      [
        ["expect", ready],
        ["send", "hi\r"],
        ["expect", "Hello."],
        ["expect", prompt],
        ["send", ctrlD],
      ],
    );
    const history = join(cwd, "data", "chat-history");
    expect(statSync(join(cwd, "data", "conversations")).mode & 0o777).toBe(0o700);
    expect(statSync(history).mode & 0o777).toBe(0o600);
    expect(readFileSync(history, "utf8")).toBe('"hi"\n');
  });
});
