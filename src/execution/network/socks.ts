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
    const { read, release } = createReader(socket);
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
    release();
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

interface Reader {
  /** Resolves with exactly as many bytes as it is asked for; rejects when the stream ends before. */
  readonly read: Read;
  /** Gives the stream back, paused, with what was not asked for still in it. */
  release(): void;
}

/** Reads a stream in pieces of chosen sizes. While nobody waits for bytes the stream is paused. */
function createReader(socket: Duplex): Reader {
  let held = Buffer.alloc(0);
  let wanted = 0;
  let isOver = false;
  let wake = (): void => undefined;
  const onData = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    if (held.length >= wanted) socket.pause();
    wake();
  };
  const onEnd = (): void => {
    isOver = true;
    wake();
  };
  socket.on("data", onData).pause();
  socket.on("end", onEnd).on("close", onEnd);

  return {
    async read(count) {
      wanted = count;
      while (held.length < count) {
        if (isOver) throw new Error("ended early");
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        socket.resume();
        await woken;
      }
      const piece = held.subarray(0, count);
      held = held.subarray(count);
      return piece;
    },
    release() {
      socket.off("data", onData).off("end", onEnd).off("close", onEnd).pause();
      if (held.length > 0) socket.unshift(held);
    },
  };
}

function answer(code: number): Buffer {
  return Buffer.from([socksVersion, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}
