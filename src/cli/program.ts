import { Command, CommanderError } from "commander";
import type { CliContext } from "./cli-context.ts";
import { createChatCommand } from "./commands/chat-command.ts";
import { createCompletionCommand } from "./commands/completion-command.ts";
import { createConfigCommand } from "./commands/config-command.ts";
import { createDoctorCommand } from "./commands/doctor-command.ts";
import { createEnvCommand } from "./commands/env-command.ts";
import { createEvalCommand } from "./commands/eval-command.ts";
import { createExecCommand } from "./commands/exec-command.ts";
import { createMcpCommand } from "./commands/mcp-command.ts";
import { createModelCommand } from "./commands/model-command.ts";
import { createModelsCommand } from "./commands/models-command.ts";
import { createRunCommand } from "./commands/run-command.ts";
import { createServeCommand } from "./commands/serve-command.ts";
import { createSetupCommand } from "./commands/setup-command.ts";
import { packageVersion } from "../package-version.ts";
import { reportError } from "./report-error.ts";
import { applySettings } from "./settings.ts";

/** Makes the command line program; parsing it runs a command. */
export function createProgram(context: CliContext): Command {
  const program = new Command("codeact")
    .description("An LLM acts by writing Python, which runs in an isolated session.")
    .version(packageVersion());
  // Benchmarks and the like must not depend on what a user is used to.
  const configured = [
    createChatCommand(context),
    createRunCommand(context),
    createExecCommand(context),
    createMcpCommand(context),
    createServeCommand(context),
  ];
  for (const command of configured) {
    command.hook("preAction", () => applySettings(command, context.env));
  }
  const commands: readonly Command[] = [
    ...configured,
    createEvalCommand(context),
    createModelsCommand(context),
    createModelCommand(context),
    createEnvCommand(context),
    createDoctorCommand(context),
    createSetupCommand(context),
    createConfigCommand(context),
    createCompletionCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap((one) => one.commands)]) {
    command
      .exitOverride()
      .showHelpAfterError(`Run \`${fullName(command)} --help\`.`)
      .configureOutput({
        writeOut: (text) => context.stdout.write(text),
        writeErr: (text) => context.stderr.write(text),
        outputError: (text, write) => write(text.replace(/^error: /, "codeact: ")),
      });
  }
  return program;
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

/** Runs one command line and returns its exit code. Never throws: faults become a sentence on stderr. */
export async function runCli(
  args: readonly string[],
  base: Omit<CliContext, "setExitCode">,
): Promise<number> {
  let exitCode = 0;
  const context: CliContext = {
    ...base,
    setExitCode(code) {
      exitCode = code;
    },
  };
  try {
    await createProgram(context).parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has written its message already; wrong usage is wrong input.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportError(error, context);
  }
}
