import { Command, Option } from "commander";
import { makeEnvironment } from "../../execution/environment.ts";
import type { MadeEnvironment } from "../../execution/environment-folder.ts";
import { isCodeActError } from "../../errors.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { canInstallSystemPackages, installSystemPackages } from "../system-packages.ts";
import { createProgressLine } from "../terminal/progress-line.ts";

interface EnvOptions {
  readonly recreate: boolean;
  readonly python?: string;
}

/** `codeact env`: makes the Python environment. */
export function createEnvCommand(context: CliContext): Command {
  return new Command("env")
    .description("make the Python environment with the usual data packages")
    .addOption(new Option("--recreate", "make it anew").default(false, "no"))
    .option("--python <path>", "Python interpreter to build on")
    .action(async (options: EnvOptions) => {
      const made = await makeEnvironmentWithSystem(options, context);
      context.stdout.write(`${made.python}\n`);
    });
}

/** Makes the environment; installs python3-venv first where that is missing and this user may. */
export async function makeEnvironmentWithSystem(
  options: EnvOptions,
  context: CliContext,
): Promise<MadeEnvironment> {
  using interrupts = watchInterrupts(() => {});
  const make = async () => {
    const progress = createProgressLine(context.stderr);
    return makeEnvironment({
      ...options,
      env: context.env,
      onProgress: progress.update,
      signal: interrupts.signal,
    }).finally(progress.end);
  };
  try {
    return await make();
  } catch (error) {
    const isMissingVenv =
      isCodeActError(error, "environment_failed") && error.details["missing"] === "python3-venv";
    if (!isMissingVenv || !(await canInstallSystemPackages(context.env))) throw error;
    await installSystemPackages(["python3-venv"], context);
    return make();
  }
}
