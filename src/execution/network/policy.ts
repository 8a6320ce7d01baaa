import type { LookupAddress } from "node:dns";
import { CodeActError } from "../../errors.ts";
import { isPublicAddress } from "./addresses.ts";
import { formatHost, parseAuthority } from "./host-name.ts";
import { checkRules, parseHostRules } from "./host-rules.ts";
import type { HostCredentials, NetworkOptions } from "./network.ts";
import { createResolver } from "./resolver.ts";

/** A place that code wants to reach, in its normalized form. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Whether a connection may be made, and to which addresses alone. */
export type Verdict =
  | { readonly verdict: "allowed"; readonly addresses: readonly LookupAddress[] }
  | { readonly verdict: "refused" | "failed"; readonly reason: string };

/** Decides about every connection of a session. */
export interface NetworkPolicy {
  decide(target: Target): Promise<Verdict>;
  /** The headers to add for a target, if there are any. */
  credentialsFor(target: Target): HostCredentials | undefined;
  /** Whether some host's TLS has to be ended here. */
  readonly intercepts: boolean;
}

/** Makes the policy of `options`. Throws `invalid_input` for entries that make no sense. */
export function createNetworkPolicy(options: NetworkOptions): NetworkPolicy {
  const rules = [
    ...parseHostRules(options.allow),
    ...parseHostRules(options.allowPrivate ?? [], true),
  ];
  const resolver = createResolver(options.lookup);
  const credentials = new Map<string, HostCredentials>();
  for (const entry of options.credentials ?? []) {
    const target = parseAuthority(entry.host) ?? parseAuthority(`${entry.host}:443`);
    if (target === undefined || !checkRules(rules, target.host, target.port).allowed) {
      throw new CodeActError(
        "invalid_input",
        `There are credentials for ${entry.host}, which is not an allowed host.`,
        { hint: "Allow exactly that host and port too, and leave https:// out." },
      );
    }
    credentials.set(formatHost(target.host, target.port), entry);
  }

  return {
    intercepts: credentials.size > 0,
    credentialsFor: ({ host, port }) => credentials.get(formatHost(host, port)),
    async decide({ host, port }) {
      const rule = checkRules(rules, host, port);
      if (!rule.allowed) return { verdict: "refused", reason: rule.reason };
      let found: readonly LookupAddress[];
      try {
        found = await resolver.resolve(host);
      } catch {
        found = [];
      }
      if (found.length === 0) {
        return { verdict: "failed", reason: `The name ${host} is not known` };
      }
      const addresses = rule.isPrivate
        ? found
        : found.filter(({ address }) => isPublicAddress(address));
      if (addresses.length > 0) return { verdict: "allowed", addresses };
      return {
        verdict: "refused",
        reason: `${host} leads to a private address; to allow that: --allow-private-net ${formatHost(host, port)}`,
      };
    },
  };
}
