import type { Duplex } from "node:stream";
import { CodeActError } from "../errors.ts";
import { createFrameDecoder, encodeJson } from "./frame-decoder.ts";
import { type KernelFrame, parseKernelFrame } from "./kernel-frames.ts";

/** A wire to an interpreter: frames out, checked frames in. */
export interface KernelConnection {
  send(frame: object): void;
  /** Sends a frame that is JSON already. */
  sendJson(frame: string): void;
  /** Ends the connection, for a fault or because it is not needed any more; the other side then ends its processes. */
  destroy(fault?: CodeActError): void;
  /** Resolves once the connection is over, with the reason when it was a fault. */
  readonly closed: Promise<CodeActError | undefined>;
}

/** Speaks the wire over `stream`. `onFrame` gets every frame until the connection is over. */
export function createKernelConnection(
  stream: Duplex,
  onFrame: (frame: KernelFrame) => void,
): KernelConnection {
  const decoder = createFrameDecoder();
  let fault: CodeActError | undefined;
  const { promise: closed, resolve } = Promise.withResolvers<CodeActError | undefined>();

  stream.on("data", (chunk: Buffer) => {
    if (fault !== undefined) return;
    try {
      for (const frame of decoder.push(chunk)) onFrame(parseKernelFrame(frame));
    } catch (error) {
      fault = error instanceof CodeActError ? error : lost(error);
      stream.destroy();
    }
  });
  stream.on("error", (error) => {
    fault ??= lost(error);
  });
  stream.on("end", () => stream.destroy());
  stream.on("close", () => resolve(fault));

  const sendJson = (frame: string): void => {
    if (!stream.destroyed) stream.write(encodeJson(frame));
  };

  return {
    send: (frame) => sendJson(JSON.stringify(frame)),
    sendJson,
    destroy(reason) {
      fault ??= reason;
      stream.destroy();
    },
    closed,
  };
}

function lost(cause: unknown): CodeActError {
  return new CodeActError("backend_lost", "The connection to the interpreter broke.", {
    hint: "Open a new session.",
    cause,
  });
}
