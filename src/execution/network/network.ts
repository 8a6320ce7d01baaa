import type { LookupAddress } from "node:dns";

/**
 * What code of a session may reach. Without these options it reaches nothing at all.
 * Hosts are written `host[:port]`: a name (`pypi.org`), all names below one (`*.example.org`), an address
 * (`192.0.2.7`, `[2001:db8::7]:8080`), or `*` for every public host. Without a port, 80 and 443; `:*` for all ports.
 */
export interface NetworkOptions {
  /**
   * Hosts that code may reach. A name that leads to a private address is refused all the same; an address that is
   * written out, and `localhost`, are meant as they are.
   */
  readonly allow: readonly string[];
  /** More hosts that code may reach; these may be at private addresses: services of this machine or of its network. */
  readonly allowPrivate?: readonly string[];
  /** Headers that are added on the way out, so that no key enters the sandbox. */
  readonly credentials?: readonly HostCredentials[];
  /** Certificates, in PEM, that are trusted beside the usual ones: those of a company's own services. */
  readonly certificates?: string;
  /** Finds the addresses of a name, once in a session. Default: as this machine does. */
  readonly lookup?: Lookup;
  /** Receives every request, refused ones too, of this session and of its forks. Must not throw. */
  readonly onRequest?: (request: NetworkRequest) => void;
}

/** Finds the addresses of a name; may reject. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

/** Headers for one host. Its TLS is ended on the host side, under a certificate that only this session trusts. */
export interface HostCredentials {
  /** `host[:port]` without wildcards; the port is 443 unless given. It must be allowed as well. */
  readonly host: string;
  /** Replace what the code itself sends under the same names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Also adds them to requests over plain HTTP, which anybody on the way can read. Default: false. */
  readonly plainHttp?: boolean;
}

/** A request of the code, as its proxy saw it. Everything in it but `verdict` and `address` was chosen by the code. */
export interface NetworkRequest {
  /** Counts from 1 in its session. A tunnel is told twice: when it opens, and when it has ended. */
  readonly id: number;
  /** `failed`: it was allowed, but the host could not be reached or broke off. */
  readonly verdict: "allowed" | "refused" | "failed";
  readonly state: "open" | "ended";
  /** A method of HTTP; `CONNECT` for a tunnel, `SOCKS` for one asked for over SOCKS5. */
  readonly method: string;
  readonly host: string;
  readonly port: number;
  /** With the query; not known of tunnels. */
  readonly path?: string;
  /** The address that the connection went to. */
  readonly address?: string;
  /** The status that the code saw; of a tunnel, whether it was opened. */
  readonly status: number;
  /** Why it was refused or failed: one sentence. */
  readonly reason?: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** The entries of everything that code may reach. */
export function allowedHosts({ allow, allowPrivate = [] }: NetworkOptions): readonly string[] {
  return [...allow, ...allowPrivate];
}
