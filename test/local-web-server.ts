import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { SecureContextOptions } from "node:tls";

export interface LocalWebServer extends AsyncDisposable {
  readonly port: number;
  /** `METHOD /path` of every request that arrived. */
  readonly seen: string[];
}

/**
 * Starts a server on a loopback address that answers with the request it got, as JSON. `/redirect?to=URL` redirects,
 * `/bytes?n=N` sends so many, `/slow` sends a first piece and then nothing.
 */
export async function startWebServer(
  options: { readonly host?: string; readonly tls?: SecureContextOptions } = {},
): Promise<LocalWebServer> {
  const seen: string[] = [];
  const answer: Parameters<typeof createServer>[1] = (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? "/", "http://local");
    if (url.pathname === "/redirect") {
      response.writeHead(302, { location: url.searchParams.get("to") ?? "/" }).end();
    } else if (url.pathname === "/bytes") {
      const size = Number(url.searchParams.get("n"));
      response.setHeader("content-length", size).end(Buffer.alloc(size));
    } else if (url.pathname === "/slow") {
      response.write("first");
    } else {
      void echo(request).then((text) => response.end(text));
    }
  };
  const server: Server =
    options.tls === undefined
      ? createServer(answer)
      : createSecureServer(options.tls as object, answer);
  server.listen(0, options.host ?? "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function echo(request: IncomingMessage): Promise<string> {
  let bodyBytes = 0;
  for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
  const { method, url, headers } = request;
  return JSON.stringify({ method, url, headers, bodyBytes });
}
