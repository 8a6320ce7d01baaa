import { createInterface, type Interface } from "node:readline/promises";
import type { ApprovalDecision, ApprovalRequest, OnApproval } from "../tools/approvals.ts";
import type { CliContext } from "./cli-context.ts";
import { safeTerminalText, styled } from "./terminal/terminal-text.ts";

const maxShownCharacters = 2000;

/**
 * Asks on the terminal, one call after the other. Where there is no terminal it denies, and says so on stderr.
 */
export function createApprovalPrompt(context: CliContext): OnApproval {
  const { stdin, stderr } = context;
  const isInteractive = "isTTY" in stdin && stdin.isTTY === true && stderr.isTTY === true;
  let queue: Promise<unknown> = Promise.resolve();

  if (!isInteractive) {
    return ({ tool }) => {
      stderr.write(
        `codeact: ${tool} was refused: it needs an approval, and there is no terminal to ask on.\n  Allow it with --allow-tool ${tool}.\n`,
      );
      return { approved: false, reason: "it needs an approval and nobody is here to give it" };
    };
  }

  return (request, { signal }) => {
    const decision = queue.then(async () => {
      // Another answer may have settled it while it waited in line.
      if (signal.aborted) return { approved: false } as const;
      return await ask(request, context, signal);
    });
    queue = decision.catch(() => undefined);
    return decision;
  };
}

async function ask(
  request: ApprovalRequest,
  { stdin, stderr }: CliContext,
  signal: AbortSignal,
): Promise<ApprovalDecision> {
  stderr.write(`\n${styled("bold", safeTerminalText(request.tool), stderr)} wants to run with\n`);
  stderr.write(`${shown(request.input)}\n`);
  const terminal = createInterface({ input: stdin, output: stderr, terminal: true });
  // Raw mode keeps Ctrl-C from becoming a signal.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    for (;;) {
      const question = "[y]es, [n]o, no [because ...], [a]lways, ne[v]er, [e]dit? ";
      const decision = await read((await terminal.question(question, { signal })).trim());
      if (decision !== undefined) return decision;
    }
  } finally {
    terminal.close();
  }

  async function read(answer: string): Promise<ApprovalDecision | undefined> {
    const [word = "", ...rest] = answer.split(/\s+/);
    const reason = rest.join(" ").replace(/^because\s+/i, "");
    switch (word.toLowerCase()) {
      case "y":
      case "yes":
        return { approved: true };
      case "a":
      case "always":
        return { approved: true, remember: "tool" };
      case "v":
      case "never":
        return { approved: false, remember: "tool", ...(reason !== "" && { reason }) };
      case "n":
      case "no":
        return { approved: false, ...(reason !== "" && { reason }) };
      case "e":
      case "edit":
        return await edit(terminal, request.input, signal);
      default:
        return undefined;
    }
  }
}

/** Has the arguments edited as JSON; undefined when that came to nothing. */
async function edit(
  terminal: Interface,
  input: unknown,
  signal: AbortSignal,
): Promise<ApprovalDecision | undefined> {
  const answer = terminal.question("arguments: ", { signal });
  terminal.write(visibleJson(input));
  try {
    return { approved: true, input: JSON.parse(await answer) as unknown };
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** What is hidden of long arguments is said. */
function shown(input: unknown): string {
  const text = visibleJson(input, 2);
  const rest = text.length - maxShownCharacters;
  const part =
    rest > 0 ? `${text.slice(0, maxShownCharacters)}\n... ${rest} more characters` : text;
  return part.replaceAll(/^/gm, "  ");
}

/** Writes untrusted arguments so that nothing in them rewrites the screen, or hides from whoever reads them. */
function visibleJson(input: unknown, indent?: number): string {
  return (JSON.stringify(input, null, indent) ?? "null").replaceAll(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
