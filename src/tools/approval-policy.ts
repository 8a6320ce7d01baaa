import { z } from "zod";
import { CodeActError } from "../errors.ts";

/** What happens to a call: it runs, it is refused, or a person is asked. */
export type ApprovalAction = "allow" | "deny" | "ask";

/** Says which calls run. The first rule that matches a call decides; all its conditions must hold. */
export interface ApprovalPolicy {
  readonly rules?: readonly ApprovalRule[];
  /**
   * For calls that no rule matches. Default: ask for tools with `needsApproval`, allow the others.
   */
  readonly default?: ApprovalAction;
}

/** Patterns are texts in which `*` stands for any characters; they are compared with the whole text. */
export interface ApprovalRule {
  readonly action: ApprovalAction;
  /** Pattern of the tool's name as code calls it, such as `github.*`. Default: every tool. */
  readonly tool?: string;
  /** Patterns of arguments by name; what is no text is compared as JSON. A missing argument does not match. */
  readonly arguments?: Readonly<Record<string, string>>;
  /**
   * Pattern of the host of URLs in the arguments, such as `*.example.com`. To deny or ask, one such URL is
   * enough; to allow, there must be one and all must match.
   */
  readonly host?: string;
}

const actionSchema = z.enum(["allow", "deny", "ask"]);
const policySchema = z.strictObject({
  default: actionSchema.exactOptional(),
  rules: z
    .array(
      z.strictObject({
        action: actionSchema,
        tool: z.string().exactOptional(),
        arguments: z.record(z.string(), z.string()).exactOptional(),
        host: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
});

/** Checks a policy from a file. Throws `invalid_input` with what is wrong. */
export function parsePolicy(value: unknown): ApprovalPolicy {
  const parsed = policySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CodeActError(
    "invalid_input",
    `The approval policy is not valid: ${z.prettifyError(parsed.error)}`,
    { hint: 'Write {"rules": [{"action": "deny", "tool": "github.delete_*"}], "default": "ask"}.' },
  );
}

const ruleText = /^([^()\s]+)(?:\((.*)\))?$/s;

/**
 * Reads a rule as it is written on a command line: `github.*`, or `fetch(url=https://example.com/*)`, several
 * arguments separated by commas. Throws `invalid_input`.
 */
export function parseRule(action: ApprovalAction, text: string): ApprovalRule {
  const [, tool, list] = ruleText.exec(text.trim()) ?? [];
  const pairs = list === undefined ? [] : list.split(",").map((pair) => pair.split(/=(.*)/s, 2));
  const isOdd = pairs.some(([name = "", pattern]) => name.trim() === "" || pattern === undefined);
  if (tool === undefined || isOdd) {
    throw new CodeActError("invalid_input", `"${text}" is no rule for tools.`, {
      hint: "Write a name such as github.* or a call such as fetch(url=https://example.com/*).",
    });
  }
  if (pairs.length === 0) return { action, tool };
  const named = pairs.map(([name = "", pattern = ""]) => [name.trim(), pattern.trim()] as const);
  return { action, tool, arguments: Object.fromEntries(named) };
}

/** Finds the action that the policy has for a call, if it has one. */
export function actionFor(
  policy: ApprovalPolicy,
  tool: string,
  input: unknown,
): ApprovalAction | undefined {
  const rule = policy.rules?.find((candidate) => matches(candidate, tool, input));
  return rule?.action ?? policy.default;
}

function matches(rule: ApprovalRule, tool: string, input: unknown): boolean {
  if (rule.tool !== undefined && !matchesPattern(rule.tool, tool)) return false;
  for (const [name, pattern] of Object.entries(rule.arguments ?? {})) {
    const value = ownValue(input, name);
    if (value === undefined) return false;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!matchesPattern(pattern, text)) return false;
  }
  if (rule.host === undefined) return true;
  const { host } = rule;
  const hosts = hostsIn(input);
  const isMatch = (found: string): boolean => matchesPattern(host.toLowerCase(), found);
  return rule.action === "allow" ? hosts.length > 0 && hosts.every(isMatch) : hosts.some(isMatch);
}

function ownValue(input: unknown, name: string): unknown {
  if (typeof input !== "object" || input === null || !Object.hasOwn(input, name)) return undefined;
  return (input as Readonly<Record<string, unknown>>)[name];
}

/** Tells whether a pattern stands for a text. Compares without a regular expression, so that no text from code makes it slow. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  if (parts.length === 0) return text === pattern;
  if (!text.startsWith(first)) return false;
  const last = parts.pop() ?? "";
  let from = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/** The hosts of all URLs anywhere in the arguments, as the URL standard reads them. */
function hostsIn(input: unknown): string[] {
  if (typeof input === "string") {
    const url = URL.canParse(input) ? new URL(input) : undefined;
    return url === undefined || url.hostname === "" ? [] : [url.hostname.toLowerCase()];
  }
  if (typeof input !== "object" || input === null) return [];
  return Object.values(input).flatMap(hostsIn);
}
