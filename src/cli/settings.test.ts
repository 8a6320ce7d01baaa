import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCount, parseSecondsToMs } from "./parse-options.ts";
import { applySettings, configPath, effectiveSettings, readConfig, settings } from "./settings.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-settings-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function withConfig(content: string | object): NodeJS.ProcessEnv {
  const path = join(folder, "config.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { CODEACT_CONFIG: path };
}

/** Parses a command line with settings and returns the options. */
function parse(args: readonly string[], env: NodeJS.ProcessEnv): unknown {
  const command = new Command("run")
    .exitOverride()
    .addOption(new Option("--timeout <seconds>").argParser(parseSecondsToMs))
    .addOption(new Option("--max-turns <n>").argParser(parseCount).default(20))
    .addOption(new Option("--runtime <name>").choices(["sandbox", "bare"]).default("sandbox"))
    .option("--system <text>")
    .action(() => {});
  command.hook("preAction", () => applySettings(command, env));
  command.parse([...args], { from: "user" });
  return command.opts();
}

describe("settings", () => {
  it("prefer the command line to the environment, and that to the file", () => {
    const file = withConfig({ timeout: 5, maxTurns: 3, system: "from the file" });
    const env = { ...file, CODEACT_MAX_TURNS: "4", CODEACT_SYSTEM: "from the environment" };
    expect(parse(["--system", "from the option"], env)).toEqual({
      timeout: 5000,
      maxTurns: 4,
      runtime: "sandbox",
      system: "from the option",
    });
    expect(parse([], {})).toEqual({ maxTurns: 20, runtime: "sandbox" });
  });

  const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["no JSON", () => readConfig(withConfig('{"timeout": 5,\n"x"')), /is not JSON at line 2/],
    ["an unknown key", () => readConfig(withConfig({ modle: "m" })), /has an unknown key: modle/],
    [
      "a value of the wrong kind",
      () => readConfig(withConfig({ timeout: "5" })),
      /wrong at timeout/,
    ],
    ["a choice that is none", () => readConfig(withConfig({ runtime: "vm" })), /wrong at runtime/],
    [
      "a variable that is no number",
      () => parse([], { CODEACT_TIMEOUT: "x" }),
      /CODEACT_TIMEOUT can't be "x"/,
    ],
    [
      "a variable that is no choice",
      () => parse([], { CODEACT_RUNTIME: "vm" }),
      /CODEACT_RUNTIME can't be "vm"/,
    ],
    [
      "a count that is none",
      () => parse([], withConfig({ maxTurns: 2.5 })),
      /maxTurns in .*config\.json can't be/,
    ],
  ];
  it.each(wrong)("refuse %s", (_name, read, message) => {
    expect(read).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) }),
    );
  });

  it("are shown with where they come from", () => {
    const env = { ...withConfig({ model: "a/b", timeout: 5 }), CODEACT_MODEL: "c/d" };
    const shown = effectiveSettings(env).filter(({ source }) => source !== "default");
    expect(shown.map(({ name, value, source }) => [name, value, source])).toEqual([
      ["model", "c/d", "environment"],
      ["timeout", 5, "file"],
    ]);
  });

  it("must be there when they were named", () => {
    expect(() => readConfig({ CODEACT_CONFIG: "/nowhere/config.json" })).toThrow(
      "The config file /nowhere/config.json does not exist.",
    );
    expect(readConfig({ HOME: "/nowhere" })).toEqual({});
  });

  it("lie in the user's config folder", () => {
    expect(configPath({ HOME: "/home/me" })).toBe("/home/me/.config/codeact/config.json");
    expect(configPath({ HOME: "/home/me", XDG_CONFIG_HOME: "/etc/me" })).toBe(
      "/etc/me/codeact/config.json",
    );
    expect(settings.map(({ environmentName }) => environmentName)).toContain("CODEACT_MAX_TURNS");
  });
});
