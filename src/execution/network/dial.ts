import type { LookupAddress } from "node:dns";
import { connect, type LookupFunction, type Socket } from "node:net";
import { once } from "node:events";
import type { Target } from "./policy.ts";

/** How long a host may take to accept a connection. */
export const connectTimeoutMs = 20_000;

/** A `lookup` for Node's clients that knows only these addresses, whatever name it is asked for. */
export function pinnedLookup(addresses: readonly LookupAddress[]): LookupFunction {
  return (_name, options, done) => {
    const [first] = addresses;
    if (first === undefined) done(new Error("no address"), "", 0);
    else if (options.all === true) done(null, [...addresses]);
    else done(null, first.address, first.family);
  };
}

/** Connects to one of the addresses. Rejects when none of them answers in time. */
export async function dial(
  { host, port }: Target,
  addresses: readonly LookupAddress[],
): Promise<Socket> {
  const socket = connect({ host, port, lookup: pinnedLookup(addresses), allowHalfOpen: true });
  const timer = setTimeout(() => socket.destroy(new Error("timed out")), connectTimeoutMs);
  try {
    await once(socket, "connect");
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Says in one sentence why a host could not be reached. */
export function unreachableReason({ host }: Target, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "refused the connection",
    ECONNRESET: "broke the connection off",
    EHOSTUNREACH: "cannot be reached",
    ENETUNREACH: "cannot be reached",
    ETIMEDOUT: "did not answer in time",
  };
  const certificate = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
  return `${host} ${known[code] ?? (certificate ? `has no valid certificate (${code})` : "did not answer")}`;
}
