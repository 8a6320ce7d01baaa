import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { LoggedRequest } from "./request-log.ts";

/** A tunnel in which nothing moves for so long is closed. */
const idleMs = 600_000;

/** Passes bytes between the code and a host until both sides are done, and tells the log of both ends of it. */
export function runTunnel(inner: Duplex, outer: Socket, logged: LoggedRequest): void {
  const address = outer.remoteAddress;
  logged.opened(address);
  outer.setTimeout(idleMs, () => outer.destroy());
  inner.on("error", () => outer.destroy());
  outer.on("error", () => inner.destroy());
  inner.on("close", () => outer.destroy());
  outer.on("close", () => {
    if (outer.readableEnded && !inner.writableFinished) inner.once("finish", () => inner.destroy());
    else inner.destroy();
    logged.ended({
      verdict: "allowed",
      status: 200,
      sentBytes: outer.bytesWritten,
      receivedBytes: outer.bytesRead,
      ...(address === undefined ? {} : { address }),
    });
  });
  inner.pipe(outer);
  outer.pipe(inner);
}
