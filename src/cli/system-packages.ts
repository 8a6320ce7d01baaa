import { CodeActError } from "../errors.ts";
import { runProcess } from "../execution/run-process.ts";
import type { CliContext } from "./cli-context.ts";

/** Tells whether packages can be installed through apt: root on Debian or Ubuntu. */
export async function canInstallSystemPackages(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return (await runProcess("apt-get", ["--version"], { env })).exitCode === 0;
}

/** Installs Debian packages through apt and says so on stderr. Rejects with `environment_failed`. */
export async function installSystemPackages(
  names: readonly string[],
  context: CliContext,
): Promise<void> {
  const env = { ...context.env, DEBIAN_FRONTEND: "noninteractive" };
  context.stderr.write(`installing ${names.join(" and ")} with apt\n`);
  const install = () =>
    runProcess("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env });

  let result = await install();
  if (result.exitCode !== 0) {
    // The package lists of a fresh container are empty.
    await runProcess("apt-get", ["update"], { env });
    result = await install();
  }
  if (result.exitCode !== 0) {
    const lastLine = result.stderr.trim().split("\n").at(-1) ?? "";
    throw new CodeActError(
      "environment_failed",
      `apt could not install ${names.join(" and ")}: ${lastLine}`,
      {
        hint: `Run \`apt-get install ${names.join(" ")}\` yourself and read what it says.`,
        details: { output: result.stderr.slice(-4000) },
      },
    );
  }
}
