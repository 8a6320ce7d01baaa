import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Lookup } from "./network.ts";

/** More names than this are not remembered: the oldest is asked for again. */
const maxPinned = 1000;

/** Resolves each name once: what it led to first is what it leads to for the rest of the session. */
export interface Resolver {
  /** Resolves with the addresses of a normalized host; rejects when it has none. */
  resolve(host: string): Promise<readonly LookupAddress[]>;
}

/** Makes a resolver. `find` asks the machine's own resolver by default. */
export function createResolver(
  find: Lookup = (name) => lookup(name, { all: true, verbatim: true }),
): Resolver {
  const pinned = new Map<string, Promise<readonly LookupAddress[]>>();
  return {
    resolve(host) {
      const family = isIP(host);
      if (family !== 0) return Promise.resolve([{ address: host, family }]);
      const known = pinned.get(host);
      if (known !== undefined) return known;
      const found = find(host);
      pinned.set(host, found);
      found.catch(() => pinned.delete(host)); // a name that fails now may be there later
      const [oldest] = pinned.keys();
      if (pinned.size > maxPinned && oldest !== undefined) pinned.delete(oldest);
      return found;
    },
  };
}
