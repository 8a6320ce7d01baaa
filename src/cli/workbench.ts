import { Option } from "commander";
import type { Command } from "commander";
import { isCodeActError } from "../errors.ts";
import type { Runtime } from "../execution/runtime.ts";
import type { Session } from "../execution/session.ts";
import type { EnvironmentDescription } from "../formats/format.ts";
import type { CliContext } from "./cli-context.ts";
import { watchInterrupts } from "./interrupt.ts";
import { createOutputFolder } from "./output-folder.ts";
import type { OutputFolder } from "./output-folder.ts";
import { parseSecondsToMs } from "./parse-options.ts";
import { createJsonView } from "./run-view.ts";
import type { RunView } from "./run-view.ts";
import { chooseRuntime, runtimeOptions } from "./runtime-choice.ts";
import type { RuntimeChoice } from "./runtime-choice.ts";
import { prepareWorkspace } from "./workspace-files.ts";
import type { InputFile, SavedFile } from "./workspace-files.ts";

/** The options of every command that runs code in a session. */
export interface WorkbenchOptions extends RuntimeChoice {
  /** Wall time of one cell. */
  readonly timeout?: number;
  readonly json?: boolean;
  readonly out?: string;
}

/** Adds the options of `WorkbenchOptions` to a command. */
export function addWorkbenchOptions(command: Command): Command {
  for (const option of runtimeOptions()) command.addOption(option);
  return command
    .addOption(
      new Option("--timeout <seconds>", "time limit of one piece of code").argParser(
        parseSecondsToMs,
      ),
    )
    .option("--out <folder>", "where plots and files are saved (default: codeact-output)")
    .option("--json", "print events as JSON, one per line");
}

/** A session with the user's files in it, and a view that shows what happens. */
export interface Workbench {
  readonly runtime: Runtime;
  readonly session: Session;
  readonly environment: EnvironmentDescription;
  readonly view: RunView;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Saves the files of a fork, which has gone on in the session's place, instead of the session's. */
  readonly saveFrom: (fork: Session) => Promise<void>;
}

/**
 * Opens a session, lets `work` use it, and saves what the code made, however the work ended.
 * Sets the exit code that `work` returns, or that of an interruption.
 */
export async function withWorkbench(
  options: WorkbenchOptions,
  inputs: readonly InputFile[],
  context: CliContext,
  createView: (context: CliContext, folder: OutputFolder) => RunView,
  work: (workbench: Workbench) => Promise<number>,
): Promise<void> {
  const { stderr, cwd } = context;
  const folder = createOutputFolder(
    { cwd, ...(options.out !== undefined && { asked: options.out }) },
    (notice) => stderr.write(`codeact: ${notice}\n`),
  );
  const view = options.json === true ? createJsonView(context) : createView(context, folder);
  using interrupts = watchInterrupts(() => {
    stderr.write("\ncodeact: Interrupted; press Ctrl-C again to quit at once.\n");
  });
  const { signal } = interrupts;
  try {
    const { runtime, environment, network } = await chooseRuntime(options, context, signal);
    await using _runtime = runtime;
    const session = await runtime.open({
      signal,
      ...(network && { network }),
      ...(options.timeout !== undefined && { limits: { timeoutMs: options.timeout } }),
    });
    const workspace = await prepareWorkspace(session, inputs);
    const save = (from: Session) => workspace.saveChanges(folder, from).catch(rescueFault);
    let saved: readonly SavedFile[] | undefined;
    const saveFrom = async (fork: Session) => {
      saved = await save(fork);
    };
    const code = await work({ runtime, session, environment, view, signal, saveFrom });
    view.saved(saved ?? (await save(session)));
    context.setExitCode(interrupts.exitCode ?? code);
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    context.setExitCode(interrupts.exitCode);
  }

  /** A dead session has no files any more; the run itself has told why. */
  function rescueFault(error: unknown): [] {
    if (!isCodeActError(error)) throw error;
    stderr.write(`codeact: The files of the workspace could not be saved: ${error.message}\n`);
    return [];
  }
}
