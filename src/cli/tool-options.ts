import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { CallsSettings } from "../agent/calls/calls.ts";
import { CodeActError } from "../errors.ts";
import { matchesPattern, parsePolicy, parseRule } from "../tools/approval-policy.ts";
import type { ApprovalAction, ApprovalPolicy, ApprovalRule } from "../tools/approval-policy.ts";
import { toolPath } from "../tools/python-function.ts";
import type { Tool } from "../tools/tool.ts";
import { importModule } from "./import-module.ts";
import { readInputFile } from "./workspace-files.ts";

/** Names of tools that a message lists. */
const maxShownTools = 20;

/** The options of every command whose code may call tools. */
export interface ToolOptions {
  readonly tools?: readonly string[];
  readonly denyTool?: readonly ApprovalRule[];
  readonly allowTool?: readonly ApprovalRule[];
  readonly askTool?: readonly ApprovalRule[];
  readonly approvals?: string;
  readonly calls?: CallsSettings;
}

/** Adds the options of `ToolOptions` to a command. */
export function addToolOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--tools <file>",
        "module whose exported tools the code can call; repeatable",
      ).argParser((file: string, files?: readonly string[]) => [...(files ?? []), file]),
    )
    .addOption(ruleOption("deny", "refuse these calls, such as github.delete_*"))
    .addOption(ruleOption("allow", "run these calls without asking, such as fetch(url=https://*)"))
    .addOption(ruleOption("ask", "ask before these calls"))
    .addOption(
      new Option(
        "--calls <kinds>",
        "let code ask the model, llm(...), and sub-agents, agent(...): llm, agent or llm,agent",
      ).argParser(parseCalls),
    )
    .option("--approvals <file>", "policy of approvals, as JSON; the options above come first");
}

function parseCalls(text: string): CallsSettings {
  const kinds = text.split(",").map((kind) => kind.trim());
  if (kinds.some((kind) => kind !== "llm" && kind !== "agent")) {
    throw new InvalidArgumentError("It must be llm, agent or llm,agent.");
  }
  return { llm: kinds.includes("llm"), agent: kinds.includes("agent") };
}

function ruleOption(action: ApprovalAction, text: string): Option {
  return new Option(`--${action}-tool <pattern>`, `${text}; repeatable`).argParser(
    (pattern: string, rules?: readonly ApprovalRule[]) => [
      ...(rules ?? []),
      parseRule(action, pattern),
    ],
  );
}

/** Puts the policy together: what is denied, what is allowed, what is asked, then the file. */
export function readApprovalPolicy(options: ToolOptions, cwd: string): ApprovalPolicy {
  const { denyTool = [], allowTool = [], askTool = [], approvals } = options;
  const policy = approvals === undefined ? {} : readPolicyFile(approvals, cwd);
  return { ...policy, rules: [...denyTool, ...allowTool, ...askTool, ...(policy.rules ?? [])] };
}

/**
 * Checks that each rule of the command line is about a tool that there is, for a misspelt refusal refuses nothing.
 * Throws `invalid_input`.
 */
export function checkRules(options: ToolOptions, tools: readonly Tool[]): void {
  const { denyTool = [], allowTool = [], askTool = [], calls } = options;
  const names = [
    ...tools.map(toolPath),
    "tools.search",
    ...(calls?.llm === undefined || calls.llm === false ? [] : ["llm"]),
    ...(calls?.agent === undefined || calls.agent === false ? [] : ["agent"]),
  ];
  for (const { tool: pattern = "*" } of [...denyTool, ...allowTool, ...askTool]) {
    if (names.some((name) => matchesPattern(pattern, name))) continue;
    const shown = tools.slice(0, maxShownTools).map(toolPath).join(", ");
    throw new CodeActError("invalid_input", `No tool is called ${pattern}.`, {
      hint:
        tools.length === 0
          ? "Give the code tools with --tools or --mcp."
          : `The tools are ${shown}${tools.length > maxShownTools ? ", ..." : ""}.`,
    });
  }
}

function readPolicyFile(path: string, cwd: string): ApprovalPolicy {
  const text = Buffer.from(readInputFile(path, cwd).data).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CodeActError("invalid_input", `${path} is not valid JSON.`, { cause });
  }
  return parsePolicy(value);
}

/** Loads what the modules named by `--tools` export. Rejects with `invalid_input`. */
export async function loadTools(options: ToolOptions, cwd: string): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  for (const file of options.tools ?? []) {
    const path = resolve(cwd, file);
    const exported = await importModule(path, "tools");
    const found = Object.values(exported).flat().filter(isTool);
    if (found.length === 0) {
      throw new CodeActError("invalid_input", `${path} exports no tools.`, {
        hint: 'Write `export const search = tool({...})` in it, with `tool` from "codeact".',
      });
    }
    tools.push(...new Set(found));
  }
  return tools;
}

function isTool(value: unknown): value is Tool {
  if (typeof value !== "object" || value === null) return false;
  const { name, input, parse, run } = value as Partial<Tool>;
  const isCallable = typeof parse === "function" && typeof run === "function";
  return typeof name === "string" && typeof input === "object" && isCallable;
}
