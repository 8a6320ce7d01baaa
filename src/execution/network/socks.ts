import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { dial, unreachableReason } from "./dial.ts";
import { normalizeHost } from "./host-name.ts";
import type { NetworkPolicy } from "./policy.ts";
import type { RequestLog } from "./request-log.ts";
import { runTunnel } from "./tunnel.ts";

/** Codes of RFC 1928. */
const reply = { done: 0, failed: 1, notAllowed: 2, unreachable: 4, badCommand: 7, badAddress: 8 };
const noAuthentication = 0;
const noMethod = 0xff;
const connectCommand = 1;
const handshakeMs = 30_000;

export const socksVersion = 5;

/** Serves one connection of a SOCKS5 client: CONNECT without authentication, names resolved here. */
export async function serveSocks(
  socket: Duplex,
  { policy, log }: { readonly policy: NetworkPolicy; readonly log: RequestLog },
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), handshakeMs);
  try {
    const read = createReader(socket);
    const [, methodCount = 0] = await read(2);
    const methods = await read(methodCount);
    if (!methods.includes(noAuthentication)) {
      socket.end(Buffer.from([socksVersion, noMethod]));
      return;
    }
    socket.write(Buffer.from([socksVersion, noAuthentication]));
    const [, command, , kind = 0] = await read(4);
    const host = await readHost(kind, read);
    const port = (await read(2)).readUInt16BE();
    const target = { host: normalizeHost(host ?? "") ?? "", port };
    const logged = log.begin("SOCKS", target);
    const refuse = (code: number, verdict: "refused" | "failed", reason: string): void => {
      logged.ended({ verdict, status: verdict === "refused" ? 403 : 502, reason });
      socket.end(answer(code));
    };
    if (command !== connectCommand) {
      return refuse(reply.badCommand, "refused", "Only CONNECT is offered over SOCKS");
    }
    if (target.host === "" || port === 0) {
      return refuse(reply.badAddress, "refused", "SOCKS needs a host and a port");
    }
    const verdict = await policy.decide(target);
    if (verdict.verdict !== "allowed") {
      const code = verdict.verdict === "refused" ? reply.notAllowed : reply.unreachable;
      return refuse(code, verdict.verdict, verdict.reason);
    }
    try {
      const outer = await dial(target, verdict.addresses);
      if (socket.destroyed) outer.destroy();
      socket.write(answer(reply.done));
      runTunnel(socket, outer, logged);
    } catch (error) {
      refuse(reply.unreachable, "failed", unreachableReason(target, error));
    }
  } catch {
    socket.destroy(); // it ended in the middle of its greeting
  } finally {
    clearTimeout(timer);
  }
}

type Read = (count: number) => Promise<Buffer>;

async function readHost(kind: number, read: Read): Promise<string | undefined> {
  switch (kind) {
    case 1:
      return (await read(4)).join(".");
    case 3: {
      const [length = 0] = await read(1);
      return (await read(length)).toString("latin1");
    }
    case 4: {
      const groups = (await read(16)).toString("hex").match(/.{4}/g) ?? [];
      const address = groups.join(":");
      return isIPv6(address) ? address : undefined;
    }
    default:
      return undefined;
  }
}

/** Reads exactly as many bytes as it is asked for; rejects when the stream ends before. */
function createReader(socket: Duplex): Read {
  return async (count) => {
    if (count === 0) return Buffer.alloc(0);
    for (;;) {
      const chunk = socket.read(count) as Buffer | null;
      if (chunk?.length === count) return chunk;
      if (chunk !== null || socket.readableEnded || socket.destroyed)
        throw new Error("ended early");
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          for (const event of ["readable", "end", "close"]) socket.off(event, wake);
          resolve();
        };
        for (const event of ["readable", "end", "close"]) socket.on(event, wake);
      });
    }
  };
}

function answer(code: number): Buffer {
  return Buffer.from([socksVersion, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}
