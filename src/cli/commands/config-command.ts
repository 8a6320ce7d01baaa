import { existsSync } from "node:fs";
import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { configPath, effectiveSettings } from "../settings.ts";
import { styled } from "../terminal/terminal-text.ts";

/** `codeact config`: shows the settings and where each comes from. */
export function createConfigCommand(context: CliContext): Command {
  return new Command("config")
    .description("show the settings and where each comes from")
    .option("--json", "print them as one JSON document")
    .action((options: { readonly json?: boolean }) => {
      const { env, stdout } = context;
      const all = effectiveSettings(env);
      const path = configPath(env);
      if (options.json === true) {
        const plain = Object.fromEntries(
          all.map(({ name, value, source }) => [name, { value: value ?? null, source }]),
        );
        stdout.write(`${JSON.stringify({ file: path, settings: plain }, undefined, 2)}\n`);
        return;
      }
      const rows = all.map(({ name, value, source, environmentName }) => {
        const shown = value === undefined ? "-" : JSON.stringify(value);
        return [name, shown, source === "environment" ? environmentName : source] as const;
      });
      const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
      for (const [name, value, source] of rows) {
        const cells = [name.padEnd(widths[0] ?? 0), value.padEnd(widths[1] ?? 0)];
        stdout.write(`${cells.join("  ")}  ${styled("dim", source, stdout)}\n`);
      }
      const state = existsSync(path) ? "" : " (not there)";
      stdout.write(`${styled("dim", `file: ${path}${state}`, stdout)}\n`);
    });
}
