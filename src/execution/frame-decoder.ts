import { CodeActError } from "../errors.ts";

/** Larger frames end the session: a guest cannot make the host hold more than this for one frame. */
export const maxFrameBytes = 64 * 1024 * 1024;

const headerBytes = 4;

/** Encodes a frame of the wire: four bytes of length, big-endian, then JSON in UTF-8. */
export function encodeFrame(frame: object): Buffer {
  return encodeJson(JSON.stringify(frame));
}

/** Encodes a frame that is JSON already. */
export function encodeJson(json: string): Buffer {
  const bodyBytes = Buffer.byteLength(json);
  const encoded = Buffer.allocUnsafe(headerBytes + bodyBytes);
  encoded.writeUInt32BE(bodyBytes, 0);
  encoded.write(json, headerBytes);
  return encoded;
}

export interface FrameDecoder {
  /**
   * Takes the next bytes, cut anywhere, and returns the frames that are now complete, as parsed JSON.
   * Throws `protocol_violation` for a frame that is too long or no JSON.
   */
  push(chunk: Buffer): unknown[];
}

/** Creates a decoder for one connection. */
export function createFrameDecoder(): FrameDecoder {
  let chunks: Buffer[] = [];
  let heldBytes = 0;
  let wantedBytes = headerBytes;

  const takeAll = (): Buffer => {
    const [only] = chunks;
    const all = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, heldBytes);
    chunks = [];
    heldBytes = 0;
    return all;
  };

  return {
    push(chunk) {
      chunks.push(chunk);
      heldBytes += chunk.length;
      const frames: unknown[] = [];
      if (heldBytes < wantedBytes) return frames;
      const data = takeAll();
      let start = 0;
      wantedBytes = headerBytes;
      while (data.length - start >= headerBytes) {
        const bodyBytes = data.readUInt32BE(start);
        if (bodyBytes > maxFrameBytes) throw violation(`announced a frame of ${bodyBytes} bytes`);
        const end = start + headerBytes + bodyBytes;
        if (data.length < end) {
          wantedBytes = headerBytes + bodyBytes;
          break;
        }
        frames.push(parseBody(data, start + headerBytes, end));
        start = end;
      }
      if (start < data.length) {
        chunks = [data.subarray(start)];
        heldBytes = data.length - start;
      }
      return frames;
    },
  };
}

function parseBody(data: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(data.toString("utf8", start, end));
  } catch (cause) {
    throw violation("sent a frame that is not JSON", cause);
  }
}

function violation(what: string, cause?: unknown): CodeActError {
  return new CodeActError("protocol_violation", `The interpreter's process ${what}.`, {
    hint: "Open a new session; this one cannot be trusted any more.",
    cause,
  });
}
