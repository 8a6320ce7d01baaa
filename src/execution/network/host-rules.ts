import { isIP } from "node:net";
import { CodeActError } from "../../errors.ts";
import { formatHost, normalizeHost } from "./host-name.ts";

const defaultPorts: readonly number[] = [80, 443];

/** One entry of the list of allowed hosts. */
export interface HostRule {
  /** A normalized host; for `below` the name above; empty for `any`. */
  readonly host: string;
  readonly scope: "exact" | "below" | "any";
  /** Undefined for every port. */
  readonly ports: readonly number[] | undefined;
  /** Whether it may lead to an address that is not public. */
  readonly isPrivate: boolean;
}

/** What the rules say of one target. */
export type RuleVerdict =
  | { readonly allowed: true; readonly isPrivate: boolean }
  | { readonly allowed: false; readonly reason: string };

/** Reads entries such as `pypi.org` or `*.example.org:8443`. Throws `invalid_input`. */
export function parseHostRules(entries: readonly string[], isPrivate = false): HostRule[] {
  return entries.map((entry) => parseHostRule(entry.trim(), isPrivate));
}

function parseHostRule(entry: string, isPrivate: boolean): HostRule {
  const match = /^(\[[^\]]*\]|[^:]*|[0-9a-fA-F:.]*::[0-9a-fA-F:.]*)(?::(\d{1,5}|\*))?$/.exec(entry);
  const [, hostText = "", portText] = match ?? [];
  const port = Number(portText);
  const ports = portText === undefined ? defaultPorts : portText === "*" ? undefined : [port];
  if (match === null || (ports !== undefined && !ports.every((p) => p >= 1 && p <= 65_535))) {
    throw invalidEntry(entry);
  }
  if (hostText === "*") return { host: "", scope: "any", ports, isPrivate };
  const isBelow = hostText.startsWith("*.");
  const host = normalizeHost(isBelow ? hostText.slice(2) : hostText);
  if (host === undefined || (isBelow && isIP(host) !== 0)) throw invalidEntry(entry);
  // Whoever writes an address, or localhost, means the place that it stands for.
  const isMeant = isIP(host) !== 0 || host === "localhost";
  return { host, scope: isBelow ? "below" : "exact", ports, isPrivate: isPrivate || isMeant };
}

function invalidEntry(entry: string): CodeActError {
  return new CodeActError("invalid_input", `"${entry}" is not a host that can be allowed.`, {
    hint: "Write host or host:port, without https://, such as pypi.org, *.example.org or 127.0.0.1:8080.",
  });
}

/** Decides about a normalized host and a port. */
export function checkRules(rules: readonly HostRule[], host: string, port: number): RuleVerdict {
  const ofHost = rules.filter((rule) => matches(rule, host));
  const found = ofHost.filter((rule) => rule.ports === undefined || rule.ports.includes(port));
  if (found.length > 0) return { allowed: true, isPrivate: found.some((rule) => rule.isPrivate) };
  const target = formatHost(host, port);
  const entry = defaultPorts.includes(port) && ofHost.length === 0 ? host : target;
  return {
    allowed: false,
    reason: `${target} is not among the hosts that this session may reach; to allow it: --allow-net ${entry}`,
  };
}

function matches(rule: HostRule, host: string): boolean {
  switch (rule.scope) {
    case "any":
      return true;
    case "below":
      return isIP(host) === 0 && host.endsWith(`.${rule.host}`);
    case "exact":
      return host === rule.host;
  }
}
