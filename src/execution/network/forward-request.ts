import { type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { connectTimeoutMs, pinnedLookup, unreachableReason } from "./dial.ts";
import { formatHost } from "./host-name.ts";
import type { HostCredentials } from "./network.ts";
import type { NetworkPolicy, Target } from "./policy.ts";
import { refuseRequest } from "./refusal.ts";
import type { RequestLog } from "./request-log.ts";

/** Headers that are between two neighbours only (RFC 9110, 7.6.1), and what only a proxy is told. */
const hopByHop = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export interface ForwardOptions {
  readonly policy: NetworkPolicy;
  readonly log: RequestLog;
  /** What upstream certificates are checked against; default: Node's own. */
  readonly ca: readonly string[] | undefined;
}

/** Where one request goes, and how. */
export interface Route {
  readonly target: Target;
  readonly path: string;
  readonly isSecure: boolean;
}

/**
 * Sends a request of the code on to its host, as a request of our own: method, path and headers are written anew, so
 * that nobody can read other borders into it. Answers with 403 or 502 and a sentence otherwise.
 */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  route: Route,
  options: ForwardOptions,
): Promise<void> {
  try {
    await forward(request, response, route, options);
  } catch {
    refuseRequest(response, 400, "The request could not be sent on as it was written");
  }
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { target, path, isSecure }: Route,
  { policy, log, ca }: ForwardOptions,
): Promise<void> {
  const logged = log.begin(request.method ?? "GET", target, path);
  const verdict = await policy.decide(target);
  if (verdict.verdict !== "allowed") {
    const status = verdict.verdict === "refused" ? 403 : 502;
    logged.ended({ verdict: verdict.verdict, status, reason: verdict.reason });
    request.resume();
    return refuseRequest(response, status, verdict.reason);
  }
  const credentials = policy.credentialsFor(target);
  const added = isSecure || credentials?.plainHttp === true ? credentials : undefined;
  const upstream = (isSecure ? requestHttps : requestHttp)({
    ...{ host: target.host, port: target.port, path, method: request.method },
    headers: outgoingHeaders(request, target, isSecure, added),
    lookup: pinnedLookup(verdict.addresses),
    agent: false,
    ...(isSecure && isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  });
  const connecting = setTimeout(
    () => upstream.destroy(Object.assign(new Error("timed out"), { code: "ETIMEDOUT" })),
    connectTimeoutMs,
  );
  let address: string | undefined;
  let isOver = false;
  const end = (outcome: { verdict: "allowed" | "failed"; status: number; reason?: string }) => {
    clearTimeout(connecting);
    if (isOver) return;
    isOver = true;
    const { bytesWritten = 0, bytesRead = 0 } = upstream.socket ?? {};
    logged.ended({
      ...outcome,
      sentBytes: bytesWritten,
      receivedBytes: bytesRead,
      ...(address === undefined ? {} : { address }),
    });
  };

  upstream.on("socket", (socket) => {
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      clearTimeout(connecting);
      address = socket.remoteAddress;
    });
  });
  upstream.on("error", (error) => {
    const reason = unreachableReason(target, error);
    end({ verdict: "failed", status: 502, reason });
    refuseRequest(response, 502, reason);
  });
  upstream.on("response", (answer) => {
    const status = answer.statusCode ?? 502;
    response.writeHead(status, answer.statusMessage, incomingHeaders(answer.rawHeaders));
    answer.on("end", () => end({ verdict: "allowed", status }));
    answer.on("error", () => response.destroy());
    answer.on("close", () => {
      if (!answer.complete) response.destroy();
    });
    answer.pipe(response);
  });
  upstream.on("close", () => {
    if (upstream.destroyed && !isOver && !response.headersSent) {
      upstream.emit("error", new Error("it closed the connection"));
    }
  });
  response.on("close", () => {
    end({ verdict: "failed", status: 502, reason: "The answer was broken off" });
    upstream.destroy();
  });
  request.on("error", () => upstream.destroy());
  request.pipe(upstream);
}

/** The code's headers without those of the hop; Host is that of the target, whatever the code wrote. */
function outgoingHeaders(
  request: IncomingMessage,
  { host, port }: Target,
  isSecure: boolean,
  credentials: HostCredentials | undefined,
): Record<string, string | string[]> {
  const named = connectionHeaders(request.headers.connection);
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    if (value !== undefined && !hopByHop.has(name) && !named.has(name)) headers[name] = value;
  }
  const isDefaultPort = port === (isSecure ? 443 : 80);
  headers["host"] = isDefaultPort
    ? formatHost(host, port).replace(/:\d+$/, "")
    : formatHost(host, port);
  if (request.headers["transfer-encoding"] !== undefined) delete headers["content-length"];
  for (const [name, value] of Object.entries(credentials?.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function connectionHeaders(value: string | undefined): ReadonlySet<string> {
  return new Set((value ?? "").split(",").map((name) => name.trim().toLowerCase()));
}

/** The host's headers, in their order, without those of the hop. */
function incomingHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = "", value = ""] = raw.slice(i, i + 2);
    if (!hopByHop.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
