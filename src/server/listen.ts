import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Env, Hono } from "hono";
import { CodeActError } from "../errors.ts";

/** A server that answers. */
export interface RunningServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Takes no more requests, ends those that are open, and resolves when they are over. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Time after which a client that reads nothing of what waits for it is cut off. Default: 60 s. */
  readonly stalledMs?: number;
}

/** Proxies keep connections for a minute: where the server ends them first, requests are lost in between. */
const keepAliveMs = 75_000;

/** Starts to serve an app. Rejects with `invalid_input` when the address can't be had. */
export async function listen<E extends Env>(
  app: Hono<E>,
  { host, port, stalledMs = 60_000 }: ListenOptions,
): Promise<RunningServer> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  server.keepAliveTimeout = keepAliveMs;
  // A client that reads nothing would keep an interpreter for itself.
  server.on("request", ({ socket }, response) => {
    response.setTimeout(stalledMs, () => {
      if (socket.writableLength > 0) socket.destroy();
    });
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is in use already" : `can't be listened at: ${code}`;
    throw new CodeActError("invalid_input", `The address ${host}:${port} ${why}.`, {
      hint: "Choose another with --port or --host.",
      cause,
    });
  }
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://${name}:${address.port}`, close, [Symbol.asyncDispose]: close };
}
