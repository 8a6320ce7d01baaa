import { Command } from "commander";
import { CodeActError, isCodeActError } from "../../errors.ts";
import {
  findMadeEnvironment,
  recentFailure,
  rememberFailure,
} from "../../execution/environment-folder.ts";
import { findSystemPython } from "../../execution/find-python.ts";
import { runProcess } from "../../execution/run-process.ts";
import type { CliContext } from "../cli-context.ts";
import { canInstallSystemPackages, installSystemPackages } from "../system-packages.ts";
import { makeEnvironmentWithSystem } from "./env-command.ts";

/** `codeact setup`: gets this machine ready; quick when it is. */
export function createSetupCommand(context: CliContext): Command {
  return new Command("setup")
    .description("get this machine ready: system packages, then the Python environment")
    .action(async () => {
      const missing = await ensureBubblewrap(context);
      const python = await ensurePython(context);
      if (missing !== undefined) throw missing;
      context.stdout.write(`ready: ${python}\n`);
    });
}

/** Returns the made environment's interpreter, or the system's where no environment can be made. */
async function ensurePython(context: CliContext): Promise<string> {
  const { env, stderr } = context;
  const existing = findMadeEnvironment({ env });
  if (existing !== undefined) return existing.python;
  const now = new Date();
  let reason = recentFailure(env, now);
  if (reason === undefined) {
    try {
      return (await makeEnvironmentWithSystem({ recreate: false }, context)).python;
    } catch (error) {
      if (!isCodeActError(error, "environment_failed")) throw error;
      reason = [error.message, error.hint].filter(Boolean).join(" ");
      rememberFailure(env, reason, now);
    }
  }
  const system = await findSystemPython({ env });
  stderr.write(`codeact: Going on with ${system.path} without the usual packages. ${reason}\n`);
  return system.path;
}

/** Installs bubblewrap where this user may; otherwise returns what stays missing. */
async function ensureBubblewrap(context: CliContext): Promise<CodeActError | undefined> {
  const { env } = context;
  if ((await runProcess("bwrap", ["--version"], { env })).exitCode === 0) return undefined;
  if (process.platform !== "linux") {
    return new CodeActError("sandbox_unavailable", "The sandbox runtime needs Linux.", {
      hint: "Here only `--runtime bare` works, which runs the code without isolation.",
    });
  }
  if (!(await canInstallSystemPackages(env))) {
    return new CodeActError("sandbox_unavailable", "The program bubblewrap is not installed.", {
      hint: "Run `sudo apt-get install bubblewrap`, then this again.",
    });
  }
  await installSystemPackages(["bubblewrap", "python3-venv"], context);
  return undefined;
}
