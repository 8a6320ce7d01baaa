import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import type { Finding } from "../diagnose.ts";
import { styled } from "../terminal/terminal-text.ts";
import type { TextStyle } from "../terminal/terminal-text.ts";

const styles: Readonly<Record<Finding["status"], TextStyle>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
};

/** `codeact doctor`: tells what this machine can give, and why not more. */
export function createDoctorCommand(context: CliContext): Command {
  return new Command("doctor")
    .description("tell what this machine can give, and why not more")
    .option("--json", "print the findings as one JSON document")
    .option("--python <path>", "Python interpreter to look at")
    .action(async (options: { readonly json?: boolean; readonly python?: string }) => {
      const { stdout, setExitCode } = context;
      // It loads everything there is, which other commands need not wait for.
      const { diagnose } = await import("../diagnose.ts");
      const { works, findings } = await diagnose(context, options.python);
      setExitCode(works ? 0 : 5);
      if (options.json === true) {
        stdout.write(`${JSON.stringify({ works, findings }, undefined, 2)}\n`);
        return;
      }
      const width = Math.max(...findings.map(({ name }) => name.length));
      for (const { status, name, detail, fix } of findings) {
        const mark = styled(styles[status], status.padEnd(4), stdout);
        stdout.write(`${mark}  ${name.padEnd(width)}  ${detail}\n`);
        if (fix !== undefined) stdout.write(`${" ".repeat(width + 8)}${fix}\n`);
      }
    });
}
