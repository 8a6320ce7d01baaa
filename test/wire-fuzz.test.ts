import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { setImmediate as tick } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CodeActError, isCodeActError } from "../src/errors.ts";
import { createFrameDecoder, encodeFrame, maxFrameBytes } from "../src/execution/frame-decoder.ts";
import { parseKernelFrame, protocolVersion } from "../src/execution/kernel-frames.ts";
import { connectKernel } from "../src/execution/kernel-session.ts";
import type { Outcome } from "../src/execution/outcome.ts";
import { defaultLimits } from "../src/execution/runtime.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
afterAll(() => assert.deepEqual(unhandled, []));

function header(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function frameOfText(text: string): Buffer {
  const body = Buffer.from(text);
  return Buffer.concat([header(body.length), body]);
}

const done = {
  type: "done",
  id: 1,
  status: "ok",
  state: "kept",
  executionCount: 1,
  wallMs: 1,
  cpuMs: 1,
  peakMemoryBytes: 1,
};
const ready = { type: "ready", version: protocolVersion, python: "3", implementation: "fuzz" };

/** Values as a hostile guest would choose them, many close to a valid frame. */
const anyId = fc.oneof(fc.constantFrom(1, 2, 0, -1, 2 ** 53, 1e308, null, "1", []), fc.anything());
const anyFrame = fc.oneof(
  fc.record({
    type: fc.constant("stream"),
    id: anyId,
    name: fc.constantFrom("stdout", "stderr", "x"),
    text: fc.string(),
  }),
  fc.record({
    type: fc.constant("value"),
    id: anyId,
    data: fc.dictionary(fc.string(), fc.anything()),
  }),
  fc.record({
    type: fc.constant("display"),
    id: anyId,
    data: fc.constant(JSON.parse('{"__proto__":"x"}')),
  }),
  fc.record({
    ...Object.fromEntries(
      Object.entries(done).map(([k, v]) => [k, fc.oneof(fc.constant(v), fc.anything())]),
    ),
  }),
  fc.constantFrom(
    ready,
    done,
    { type: "refused", message: "no" },
    { type: "truncated", id: 1, omittedBytes: -1 },
  ),
  fc.record({
    type: fc.constantFrom("did", "failed", "variables", "input"),
    id: anyId,
    message: fc.string(),
  }),
  fc.jsonValue(),
);
const anyText = fc.oneof(
  anyFrame.map((frame) => JSON.stringify(frame) ?? "undefined"),
  fc.string(),
  fc.constantFrom(
    "[".repeat(100_000),
    `{"type":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    '{"type":"stream","id":NaN}',
    `{"type":"done","id":${"9".repeat(400)}}`,
    String.raw`{"type":"stream","id":1,"name":"stdout","text":"\ud800"}`,
    '{"type":"stream","type":"done"}',
    '{"__proto__":{"type":"ready"},"constructor":1}',
  ),
);
const anyBytes = fc.oneof(
  anyText.map(frameOfText),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.uint8Array({ maxLength: 50 }))
    .map(([length, body]) => Buffer.concat([header(length), Buffer.from(body)])),
);

/** Cuts bytes into pieces of the given sizes, the last one taking the rest. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    if (start >= bytes.length) break;
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return start < bytes.length ? [...pieces, bytes.subarray(start)] : pieces;
}
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });

describe("frames from a hostile guest", () => {
  it("are valid frames or a protocol violation, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.array(anyBytes, { maxLength: 6 }), sizes, (frames, pieces) => {
        const decoder = createFrameDecoder();
        try {
          for (const chunk of cut(Buffer.concat(frames), pieces)) {
            for (const value of decoder.push(chunk)) {
              const frame = parseKernelFrame(value);
              expect(typeof frame.type).toBe("string");
              expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
            }
          }
        } catch (error) {
          if (!isCodeActError(error, "protocol_violation")) throw error;
        }
        expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it("come out the same however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue().map((value) => ({ value }))), sizes, (frames, pieces) => {
        const decoder = createFrameDecoder();
        const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
        const decoded = cut(bytes, pieces).flatMap((chunk) => decoder.push(chunk));
        expect(JSON.stringify(decoded)).toBe(JSON.stringify(frames));
      }),
    );
  });

  it("are refused as soon as they announce too much, before their bytes are held", () => {
    const decoder = createFrameDecoder();
    expect(() => decoder.push(header(maxFrameBytes + 1))).toThrow(CodeActError);
    const patient = createFrameDecoder();
    expect(patient.push(header(maxFrameBytes))).toEqual([]);
  });
});

describe("a session with a kernel that speaks garbage", () => {
  /** Opens a session with a kernel that answers `opening` to the open frame and `reply` to each cell. */
  async function converse(opening: readonly Buffer[], reply: readonly Buffer[]): Promise<Outcome> {
    const [host, kernel] = duplexPair();
    const decoder = createFrameDecoder();
    kernel.on("error", () => {});
    kernel.on("data", (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) {
        const { type } = frame as { type: string };
        const answer = type === "open" ? opening : type === "execute" ? reply : [];
        void speak(answer, type === "execute");
      }
    });
    async function speak(pieces: readonly Buffer[], isLast: boolean): Promise<void> {
      for (const piece of pieces) {
        if (kernel.destroyed) return;
        kernel.write(piece);
        await tick();
      }
      if (isLast) kernel.end();
    }
    try {
      const session = await connectKernel(host, {
        id: "fuzz",
        limits: { ...defaultLimits, timeoutMs: 200, graceMs: 50 },
        transactions: true,
      });
      return await session.execute("1", {});
    } finally {
      host.destroy();
      kernel.destroy();
    }
  }

  const typed = new Set([
    "protocol_violation",
    "backend_lost",
    "sandbox_unavailable",
    "session_closed",
  ]);

  it("always ends in an outcome or a typed fault", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyBytes, { maxLength: 5 }),
        sizes,
        fc.boolean(),
        async (frames, pieces, atOpening) => {
          const garbage = cut(Buffer.concat(frames), pieces);
          const valid = encodeFrame(ready);
          const conversation = atOpening
            ? converse([...garbage, valid], [encodeFrame(done)])
            : converse([valid], [...garbage, Buffer.alloc(0)]);
          try {
            // A kernel that is silent about its opening is ended by it closing; so this one closes.
            const outcome = await Promise.race([conversation, closedSoon(atOpening)]);
            if (outcome !== undefined) {
              expect(["ok", "error", "timeout", "interrupted", "crashed"]).toContain(
                outcome.status,
              );
            }
          } catch (error) {
            if (!isCodeActError(error)) throw error;
            expect(typed).toContain(error.code);
          }
          conversation.catch(() => undefined);
        },
      ),
      { numRuns: 150 },
    );
  });

  /** Garbage before `ready` may swallow it as the body of a long frame: nobody can tell, so the race ends here. */
  async function closedSoon(applies: boolean): Promise<undefined> {
    if (!applies) return await new Promise(() => {});
    for (let i = 0; i < 60; i += 1) await tick();
    return undefined;
  }

  it.each([
    ["closes instead of opening", [], []],
    ["refuses", [encodeFrame({ type: "refused", message: "no" })], []],
    ["sends no frame", [frameOfText("7")], []],
    ["closes in the middle of a frame", [encodeFrame(ready)], [encodeFrame(done).subarray(0, 20)]],
    [
      "closes before done",
      [encodeFrame(ready)],
      [encodeFrame({ type: "stream", id: 1, name: "stdout", text: "x" })],
    ],
    ["ends another cell", [encodeFrame(ready)], [encodeFrame({ ...done, id: 2 })]],
    ["lies about a length", [encodeFrame(ready)], [header(2 ** 32 - 1)]],
  ])("rejects with a code when the kernel %s", async (_what, opening, reply) => {
    const [host, kernel] = duplexPair();
    kernel.on("error", () => {});
    kernel.once("data", () => {
      for (const piece of opening) kernel.write(piece);
      if (reply.length === 0) kernel.end();
      else {
        kernel.once("data", () => {
          for (const piece of reply) kernel.write(piece);
          kernel.end();
        });
      }
    });
    const attempt = async (): Promise<Outcome> => {
      const session = await connectKernel(host, {
        id: "x",
        limits: defaultLimits,
        transactions: true,
      });
      return await session.execute("1", {});
    };
    await expect(attempt()).rejects.toSatisfy(
      (error) => error instanceof CodeActError && typed.has(error.code),
    );
  });

  it("takes duplicate dones, outputs after done and slow bytes for what they are", async () => {
    const twice = Buffer.concat([
      encodeFrame({ type: "stream", id: 1, name: "stdout", text: "seen" }),
      encodeFrame(done),
      encodeFrame({ ...done, status: "crashed" }),
      encodeFrame({ type: "stream", id: 1, name: "stdout", text: "after" }),
    ]);
    const outcome = await converse(
      [encodeFrame(ready)],
      [...twice].map((byte) => Buffer.from([byte])),
    );
    expect(outcome.status).toBe("ok");
    expect(outcome.outputs).toEqual([{ type: "stream", name: "stdout", text: "seen" }]);
  });
});

describe("a hostile guest on its own wire", () => {
  it("loses at most its own session", async () => {
    await using runtime = await createSandboxRuntime({ preload: [] });
    await using sibling = await runtime.open();
    const bodies = fc.sample(anyText, { numRuns: 10, seed: 7 });
    for (const body of bodies) {
      await using session = await runtime.open({ limits: { timeoutMs: 1000, graceMs: 200 } });
      const bytes = frameOfText(body).toString("base64");
      try {
        const outcome = await session.execute(`
import base64, os, stat
wire = [fd for fd in map(int, os.listdir("/proc/self/fd"))
        if os.path.exists(f"/proc/self/fd/{fd}") and stat.S_ISSOCK(os.fstat(fd).st_mode)][0]
os.write(wire, base64.b64decode("${bytes}"))`);
        expect(["ok", "error", "crashed", "timeout"]).toContain(outcome.status);
        await session.execute("1");
      } catch (error) {
        if (!isCodeActError(error)) throw error;
        expect(typeof error.code).toBe("string");
      }
      expect((await sibling.execute("6 * 7")).outputs).toEqual([
        { type: "value", data: { "text/plain": "42" } },
      ]);
    }
  }, 60_000);
});
