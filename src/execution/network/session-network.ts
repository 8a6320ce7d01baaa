import { chownSync, chmodSync, writeFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { createCertificateAuthority } from "./certificate-authority.ts";
import { createHttpProxy } from "./http-proxy.ts";
import { createInterception } from "./interception.ts";
import { parseHostRules } from "./host-rules.ts";
import { allowedHosts, type NetworkOptions, type NetworkRequest } from "./network.ts";
import { createNetworkPolicy } from "./policy.ts";
import { createRequestLog } from "./request-log.ts";
import { serveSocks, socksVersion } from "./socks.ts";

/** Where the proxy is reached in a session; its forwarder listens there. */
const portInside = 3128;
/** Connections of one session at the same time. */
const maxConnections = 256;

/** The way of one session, and of its forks, to the network. */
export interface SessionNetwork {
  /** What the kernel is told when the session opens. */
  readonly announcement: NetworkAnnouncement;
  listen(listener: (request: NetworkRequest) => void): () => void;
  /** The same network for another session, which releases it by itself. */
  share(): SessionNetwork;
  /** Ends it once every session that shares it has called this. */
  release(): void;
}

export interface NetworkAnnouncement {
  /** Where code reaches the proxy, on its 127.0.0.1. */
  readonly port: number;
  /** Variables that tell programs of the proxy and of the certificates. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of files in the host's folder: the socket of the proxy, and the certificates that code is to trust. */
  readonly socket: string;
  readonly certificates: string;
}

export interface SessionNetworkOptions {
  /** The folder of the runtime in which the socket is made. */
  readonly folder: string;
  /** A name that no other session of the folder has. */
  readonly name: string;
  /** The user whose processes may connect. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** Opens the proxy of a session. Rejects with `invalid_input` for options that make no sense. */
export async function openSessionNetwork(
  options: NetworkOptions,
  { folder, name, owner }: SessionNetworkOptions,
): Promise<SessionNetwork> {
  const policy = createNetworkPolicy(options);
  const log = createRequestLog();
  if (options.onRequest !== undefined) log.listen(options.onRequest);
  const authority = policy.intercepts ? await createCertificateAuthority() : undefined;
  const usual = getCACertificates("default");
  const own = options.certificates === undefined ? [] : [options.certificates];
  const ca = own.length === 0 ? undefined : [...usual, ...own];
  const forwarding = { policy, log, ca };
  const interception = authority && createInterception(authority, forwarding);
  const http = createHttpProxy({ ...forwarding, interception });

  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("readable", () => {
      const first = socket.read(1) as Buffer | null;
      if (first === null) return void socket.destroy();
      socket.unshift(first);
      if (first[0] === socksVersion) void serveSocks(socket, forwarding);
      else http.emit("connection", socket);
    });
  });
  server.maxConnections = maxConnections;

  const announcement = {
    ...{ port: portInside, socket: `${name}.sock`, certificates: `${name}.pem` },
    environment: networkEnvironment(allowedHosts(options)),
  };
  const socketPath = join(folder, announcement.socket);
  const bundlePath = join(folder, announcement.certificates);
  const bundle = [...usual, ...own, ...(authority === undefined ? [] : [authority.certificate])];
  writeFileSync(bundlePath, `${bundle.join("\n")}\n`, { mode: 0o644 });
  server.listen(socketPath);
  await once(server, "listening");
  chmodSync(socketPath, 0o600);
  if (process.getuid?.() === 0) chownSync(socketPath, owner.uid, owner.gid);
  server.unref();

  function close(): void {
    server.close();
    http.closeAllConnections();
    interception?.close();
    for (const socket of sockets) socket.destroy();
    rmSync(bundlePath, { force: true });
  }

  let users = 0;
  function share(): SessionNetwork {
    users += 1;
    let isReleased = false;
    return {
      announcement,
      listen: log.listen,
      share,
      release() {
        if (isReleased) return;
        isReleased = true;
        users -= 1;
        if (users === 0) close();
      },
    };
  }
  return share();
}

/** Where the sandbox shows the certificates; also named in python/codeact_kernel/isolation.py. */
const certificatesInside = "/run/codeact/certificates.pem";

/** Names of the sandbox itself, to which programs go directly unless they are meant to reach the host's. */
const ownNames = ["localhost", "127.0.0.1", "::1"];

function networkEnvironment(allowed: readonly string[]): Record<string, string> {
  const proxy = `http://127.0.0.1:${portInside}`;
  const outside = new Set(parseHostRules(allowed).map((rule) => rule.host));
  const direct = ownNames.filter((name) => !outside.has(name)).join(",");
  const proxies = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: direct };
  const lowerCase = Object.entries(proxies).map(([key, value]) => [key.toLowerCase(), value]);
  const trusting = [
    ...["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO"],
    ...["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"],
  ];
  return {
    ...proxies,
    ...(Object.fromEntries(lowerCase) as Record<string, string>),
    ...Object.fromEntries(trusting.map((key) => [key, certificatesInside])),
  };
}
