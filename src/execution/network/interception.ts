import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { CertificateAuthority } from "./certificate-authority.ts";
import { type ForwardOptions, forwardRequest } from "./forward-request.ts";
import type { Target } from "./policy.ts";
import { refuseRequest } from "./refusal.ts";

/** Ends the code's TLS for hosts that have credentials, and sends each request on over TLS of our own. */
export interface Interception {
  /** Takes over a connection on which the code expects to meet `target`. */
  accept(socket: Duplex, target: Target): void;
  close(): void;
}

/** Makes the interception of one session, under the certificates of `authority`. */
export function createInterception(
  authority: CertificateAuthority,
  options: ForwardOptions,
): Interception {
  const targets = new WeakMap<object, Target>();
  const server: Server = createServer({ requestTimeout: 0 });
  server.on("request", (request, response) => {
    const target = targets.get(request.socket);
    const path = request.url ?? "";
    if (target === undefined || !path.startsWith("/")) {
      refuseRequest(response, 400, "A request in a tunnel needs a path");
      return;
    }
    void forwardRequest(request, response, { target, path, isSecure: true }, options);
  });

  return {
    accept(socket, target) {
      const secure = new TLSSocket(socket, {
        isServer: true,
        secureContext: authority.contextFor(target.host),
        ALPNProtocols: ["http/1.1"],
      });
      secure.on("error", () => secure.destroy());
      targets.set(secure, target);
      server.emit("connection", secure);
    },
    close() {
      server.closeAllConnections();
    },
  };
}
