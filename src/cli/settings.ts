import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { Command, Option } from "commander";
import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { formatNames } from "../formats/choose-format.ts";

/** An option that can also be set by an environment variable and in the config file. */
export interface Setting {
  /** Its name in the config file, which is that of the option: `maxTurns` for `--max-turns`. */
  readonly name: string;
  readonly environmentName: string;
  /** What the config file holds for it. */
  readonly schema: z.ZodType<string | number>;
  readonly summary: string;
  /** Set when what takes the value looks at the environment variable itself. */
  readonly isReadElsewhere?: boolean;
}

const text = z.string().min(1);
const amount = z.number().positive();

/** All settings, in the order in which they are documented. */
export const settings: readonly Setting[] = [
  { ...setting("model", text, "model to use"), isReadElsewhere: true },
  setting("format", z.enum(formatNames), "how the model writes its actions"),
  setting("runtime", z.enum(["sandbox", "bare"]), "where the code runs"),
  { ...setting("python", text, "Python interpreter to use"), isReadElsewhere: true },
  setting("timeout", amount, "time limit of one piece of code, in seconds"),
  setting("maxTurns", amount, "replies of the model to one task or message"),
  setting("maxTokens", amount, "tokens that one run may use"),
  setting("maxCost", amount, "US dollars that one run may cost"),
  setting("maxTime", amount, "seconds that one run may take"),
  setting("system", text, "instructions added to the model's own"),
  setting("mcp", text, "file of MCP servers whose tools the code can call"),
  setting("out", text, "where plots and files are saved"),
];

function setting(name: string, schema: Setting["schema"], summary: string): Setting {
  const environmentName = `CODEACT_${name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()}`;
  return { name, environmentName, schema, summary };
}

const fileSchema = z.strictObject(
  Object.fromEntries(settings.map(({ name, schema }) => [name, schema.optional()])),
);

/** Where a value comes from; later ones are stronger. */
export type SettingSource = "default" | "file" | "environment" | "option";

const example = 'Write such as {"model": "openai/gpt-5-mini", "timeout": 120}.';

/** The config file: `CODEACT_CONFIG`, else `codeact/config.json` in `XDG_CONFIG_HOME` or `~/.config`. */
export function configPath(env: NodeJS.ProcessEnv): string {
  const own = env["CODEACT_CONFIG"];
  if (own) return resolve(own);
  const home = env["HOME"] || homedir();
  return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "codeact", "config.json");
}

/**
 * Reads the config file; empty when there is none. Throws `file_not_found` for one that was named and is
 * not there, and `invalid_input` that names what is wrong in it.
 */
export function readConfig(
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string | number | undefined>> {
  const path = configPath(env);
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    if (isMissing && !env["CODEACT_CONFIG"]) return {};
    if (isMissing) {
      throw new CodeActError("file_not_found", `The config file ${path} does not exist.`, {
        hint: "CODEACT_CONFIG names it: write it, or unset the variable.",
        cause,
      });
    }
    throw new CodeActError("permission_denied", `The config file ${path} can't be read.`, {
      hint: "Check its permissions.",
      cause,
    });
  }
  const parsed = fileSchema.safeParse(parseJson(content, path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = settings.map(({ name }) => name).join(", ");
  if (issue?.code === "unrecognized_keys") {
    throw invalid(path, `has an unknown key: ${issue.keys.join(", ")}`, `Known keys: ${known}.`);
  }
  const place = issue?.path.join(".") || "the whole";
  throw invalid(path, `is wrong at ${place}: ${issue?.message ?? ""}`, example);
}

/**
 * Gives each option of a command that the command line left out its value from the environment or the config file.
 * Throws `invalid_input` that says where a value that can't be used comes from.
 */
export function applySettings(command: Command, env: NodeJS.ProcessEnv): void {
  const config = readConfig(env);
  for (const option of command.options) {
    const name = option.attributeName();
    const found = settings.find((each) => each.name === name);
    if (found === undefined || command.getOptionValueSource(name) === "cli") continue;
    const fromEnvironment = env[found.environmentName];
    if (fromEnvironment) {
      if (found.isReadElsewhere === true) continue;
      set(command, option, fromEnvironment, found.environmentName, "environment");
    } else if (config[name] !== undefined) {
      set(command, option, String(config[name]), `${name} in ${configPath(env)}`, "file");
    }
  }
}

function set(
  command: Command,
  option: Option,
  value: string,
  place: string,
  source: SettingSource,
): void {
  try {
    if (option.argChoices !== undefined && !option.argChoices.includes(value)) {
      throw new Error(`Allowed choices are ${option.argChoices.join(", ")}.`);
    }
    const parsed: unknown = option.parseArg?.(value, undefined) ?? value;
    command.setOptionValueWithSource(option.attributeName(), parsed, source);
  } catch (cause) {
    throw new CodeActError("invalid_input", `${place} can't be ${JSON.stringify(value)}.`, {
      hint: cause instanceof Error ? cause.message : "See `codeact config`.",
      cause,
    });
  }
}

/** The value of each setting that the environment or the file gives, and where it comes from. */
export function effectiveSettings(
  env: NodeJS.ProcessEnv,
): readonly (Setting & { readonly value?: unknown; readonly source: SettingSource })[] {
  const config = readConfig(env);
  return settings.map((each) => {
    const fromEnvironment = env[each.environmentName];
    if (fromEnvironment) return { ...each, value: fromEnvironment, source: "environment" };
    const value = config[each.name];
    return value === undefined
      ? { ...each, source: "default" }
      : { ...each, value, source: "file" };
  });
}

function parseJson(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    const position = /position (\d+)/.exec(String(cause))?.[1];
    const line = content.slice(0, Number(position ?? 0)).split("\n").length;
    throw invalid(path, `is not JSON at line ${line}`, example);
  }
}

function invalid(path: string, what: string, hint: string): CodeActError {
  return new CodeActError("invalid_input", `The config file ${path} ${what}.`, { hint });
}
