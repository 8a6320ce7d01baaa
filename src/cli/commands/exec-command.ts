import { text as readText } from "node:stream/consumers";
import { Command } from "commander";
import { runCell } from "../../agent/run-cell.ts";
import { CodeActError } from "../../errors.ts";
import type { CliContext } from "../cli-context.ts";
import { createCellView } from "../run-view.ts";
import { addWorkbenchOptions, withWorkbench } from "../workbench.ts";
import type { WorkbenchOptions } from "../workbench.ts";
import { readInputFile, readInputFiles } from "../workspace-files.ts";

interface ExecOptions extends WorkbenchOptions {
  readonly code?: string;
}

/** `codeact exec`: runs Python in a fresh session, without a model. */
export function createExecCommand(context: CliContext): Command {
  const command = new Command("exec")
    .description("run Python in a fresh session, without a model")
    .argument("[file]", "Python file to run; - or nothing reads standard input")
    .argument("[files...]", "files that the code finds in its folder")
    .option("--code <text>", "Python to run in place of a file");
  return addWorkbenchOptions(command).action(
    async (file: string | undefined, files: string[], options: ExecOptions) => {
      const isDataFile = options.code !== undefined && file !== undefined;
      const inputs = readInputFiles(isDataFile ? [file, ...files] : files, context.cwd);
      const code = options.code ?? (await readCode(file, context));
      await exec(code, inputs, options, context);
    },
  );
}

async function exec(
  code: string,
  inputs: ReturnType<typeof readInputFiles>,
  options: ExecOptions,
  context: CliContext,
): Promise<void> {
  await withWorkbench(
    options,
    inputs,
    context,
    createCellView,
    async ({ session, view, signal }) => {
      const cell = runCell({ session, code, turn: 1, signal });
      for (;;) {
        const step = await cell.next();
        if (step.done === true) return step.value.status === "ok" ? 0 : 1;
        view.event(step.value);
      }
    },
  );
}

async function readCode(file: string | undefined, context: CliContext): Promise<string> {
  if (file !== undefined && file !== "-") {
    return new TextDecoder().decode(readInputFile(file, context.cwd).data);
  }
  if (file === undefined && "isTTY" in context.stdin && context.stdin.isTTY === true) {
    throw new CodeActError("invalid_input", "There is no code to run.", {
      hint: 'Name a Python file, pipe code in, or use --code "print(1 + 1)".',
    });
  }
  return readText(context.stdin);
}
