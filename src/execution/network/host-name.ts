import { isIP } from "node:net";

const maxNameCharacters = 253;

/**
 * Brings a host into its one form: lower case, ASCII, addresses in their usual notation, no brackets, no dot at the
 * end. Whatever notation an address came in (decimal, octal, hexadecimal, percent signs, full-width digits), this
 * is the address that a client would go to. Returns undefined for what is no host.
 */
export function normalizeHost(host: string): string | undefined {
  if (host === "" || host.length > 4 * maxNameCharacters) return undefined;
  const isBare6 = host.includes(":") && !host.startsWith("[");
  // What would end the host in a URL, or move it behind a user name, is no part of one.
  if (/[\s/?#@\\|<>^`{}"]/.test(host) || (host.includes(":") && !isBare6 && !host.endsWith("]"))) {
    return undefined;
  }
  const parsed = URL.parse(`http://${isBare6 ? `[${host}]` : host}/`);
  if (parsed === null || parsed.port !== "") return undefined;
  const name = parsed.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(name) !== 0) return name;
  const isName = name
    .split(".")
    .every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return isName && name.length <= maxNameCharacters ? name : undefined;
}

/** A host and a port as people and URLs write them. */
export function formatHost(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Splits `host:port`, as a CONNECT request names its target. Returns undefined for anything else. */
export function parseAuthority(text: string): { host: string; port: number } | undefined {
  const match = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text);
  const host = normalizeHost(match?.[1] ?? "");
  const port = Number(match?.[2]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
