import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { dial, unreachableReason } from "./dial.ts";
import { type ForwardOptions, forwardRequest } from "./forward-request.ts";
import { normalizeHost, parseAuthority } from "./host-name.ts";
import type { Interception } from "./interception.ts";
import type { Target } from "./policy.ts";
import { refuseRequest, refuseTunnel } from "./refusal.ts";
import { runTunnel } from "./tunnel.ts";

const unknownTarget: Target = { host: "", port: 0 };

export interface HttpProxyOptions extends ForwardOptions {
  /** Ends TLS for hosts with credentials; undefined where there are none. */
  readonly interception: Interception | undefined;
}

/** Makes a server that speaks the proxy's part of HTTP on connections that it is given. */
export function createHttpProxy(options: HttpProxyOptions): Server {
  const { policy, log, interception } = options;
  const server = createServer({ requestTimeout: 0 });

  server.on("request", (request, response) => {
    const route = parseAbsoluteForm(request.url ?? "");
    if (typeof route === "string") {
      log.begin(request.method ?? "GET", unknownTarget, request.url).ended({
        ...{ verdict: "refused", status: 400, reason: route },
      });
      refuseRequest(response, 400, route);
      return;
    }
    void forwardRequest(request, response, route, options);
  });
  server.on("connect", (request, socket, head) => void connectTunnel(request, socket, head));

  async function connectTunnel(request: IncomingMessage, socket: Duplex, head: Buffer) {
    socket.on("error", () => socket.destroy());
    const target = parseAuthority(request.url ?? "");
    const logged = log.begin("CONNECT", target ?? unknownTarget);
    const refuse = (verdict: "refused" | "failed", status: number, reason: string): void => {
      logged.ended({ verdict, status, reason });
      refuseTunnel(socket, status, reason);
    };
    if (target === undefined) return refuse("refused", 400, "CONNECT needs a host and a port");
    const verdict = await policy.decide(target);
    if (verdict.verdict !== "allowed") {
      return refuse(verdict.verdict, verdict.verdict === "refused" ? 403 : 502, verdict.reason);
    }
    if (interception !== undefined && policy.credentialsFor(target) !== undefined) {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) socket.unshift(head);
      return interception.accept(socket, target); // each request in it is told by itself
    }
    try {
      const outer = await dial(target, verdict.addresses);
      if (socket.destroyed) outer.destroy();
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) outer.write(head);
      runTunnel(socket, outer, logged);
    } catch (error) {
      refuse("failed", 502, unreachableReason(target, error));
    }
  }

  return server;
}

/** Reads `http://host/path`, the form of requests to a proxy; returns a sentence when it is something else. */
function parseAbsoluteForm(url: string) {
  const parts = /^http:\/\/(\[[^\]]*\]|[^/?#:@\\]*)(?::(\d{1,5}))?([/?].*)?$/i.exec(url);
  const host = normalizeHost(parts?.[1] ?? "");
  const port = Number(parts?.[2] ?? 80);
  if (host === undefined || port < 1 || port > 65_535) {
    return "This is the proxy of a codeact session; it takes CONNECT and http:// URLs";
  }
  const path = parts?.[3] ?? "/";
  return {
    target: { host, port },
    path: path.startsWith("/") ? path : `/${path}`,
    isSecure: false,
  };
}
