import type { McpServerConfig } from "./mcp-config.ts";

/** Shorter values are no keys, and would blot out words. */
const leastCharacters = 6;

/**
 * Takes out of a text what a server's configuration holds in its headers, its environment and its address but for
 * host and path. Messages about servers reach the sandbox and the model, where no key may be.
 */
export function maskSecrets(text: string, config: McpServerConfig): string {
  const plain = "url" in config ? text.replaceAll(config.url, plainAddress(config.url)) : text;
  return secretsOf(config)
    .filter((secret) => secret.length >= leastCharacters)
    .toSorted((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, "***"), plain);
}

/** The address of a server without user, password and query. */
export function plainAddress(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

function secretsOf(config: McpServerConfig): readonly string[] {
  if (!("url" in config)) return Object.values(config.env ?? {});
  const { username, password, search, searchParams } = new URL(config.url);
  const headers = Object.values(config.headers ?? {}).flatMap((value) => [
    value,
    ...value.split(/\s+/),
  ]);
  const credentials = [username, password].flatMap((part) => [part, decodeURIComponent(part)]);
  return [...headers, ...credentials, search, ...searchParams.values()];
}
