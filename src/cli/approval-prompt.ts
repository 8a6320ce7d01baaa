import { createInterface } from "node:readline/promises";
import { setImmediate } from "node:timers/promises";
import type { ApprovalDecision, ApprovalRequest, OnApproval } from "../tools/approvals.ts";
import type { CliContext, TerminalStream } from "./cli-context.ts";
import { safeTerminalText, styled } from "./terminal/terminal-text.ts";

const maxShownCharacters = 2000;

/**
 * Asks on the terminal, one call after the other. Where there is no terminal it denies, and says so on stderr.
 */
export function createApprovalPrompt(context: CliContext): OnApproval {
  const { stdin, stderr } = context;
  const isInteractive = "isTTY" in stdin && stdin.isTTY === true && stderr.isTTY === true;
  if (!isInteractive) {
    const told = new Set<string>();
    return ({ tool }) => {
      if (!told.has(tool)) {
        stderr.write(
          `codeact: Calls of ${tool} are refused: they need an approval, and there is no terminal to ask on.\n  Allow them with --allow-tool ${tool}.\n`,
        );
      }
      told.add(tool);
      return { approved: false, reason: "it needs an approval and nobody is here to give it" };
    };
  }

  return createApprovalQueue((request, signal) => ask(request, context, signal));
}

/** Asks about one call after the other. */
export function createApprovalQueue(
  ask: (request: ApprovalRequest, signal: AbortSignal) => Promise<ApprovalDecision>,
): OnApproval {
  let queue: Promise<unknown> = Promise.resolve();
  return (request, { signal }) => {
    const decision = queue.then(async () => {
      // Another answer may have settled it while it waited in line; that comes a moment after the answer.
      await setImmediate();
      if (signal.aborted) return { approved: false } as const;
      return await ask(request, signal);
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
  const terminal = createInterface({ input: stdin, output: stderr, terminal: true });
  // Raw mode keeps Ctrl-C from becoming a signal.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return await askApproval(request, {
      stream: stderr,
      async question(prompt, initial) {
        const answer = terminal.question(prompt, { signal });
        if (initial !== undefined) terminal.write(initial);
        return await answer;
      },
    });
  } finally {
    terminal.close();
  }
}

/** Somebody who can be asked. */
export interface Person {
  readonly stream: TerminalStream;
  /** Resolves with a line; `initial` is there to be edited. What it throws ends the asking. */
  question(prompt: string, initial?: string): Promise<string>;
}

/** Shows a call and asks until there is an answer. */
export async function askApproval(
  request: ApprovalRequest,
  { stream, question }: Person,
): Promise<ApprovalDecision> {
  const name = styled("bold", safeTerminalText(request.tool), stream);
  const purpose = safeTerminalText(request.description.split("\n", 1)[0] ?? "").slice(0, 200);
  stream.write(`\n${name} needs your approval. ${styled("dim", purpose, stream)}\n`);
  stream.write(`${shown(request.input)}\n`);
  for (;;) {
    const answer = await question("Run it? [y]es, [n]o, n REASON, [a]lways, ne[v]er, [e]dit: ");
    const decision = await read(answer.trim());
    if (decision !== undefined) return decision;
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
        return edited(await question("arguments: ", visibleJson(request.input)));
      default:
        return undefined;
    }
  }
}

/** Reads arguments that were edited as JSON; undefined when they are none. */
function edited(answer: string): ApprovalDecision | undefined {
  try {
    return { approved: true, input: JSON.parse(answer) as unknown };
  } catch {
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
