import { duplexPair } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createFrameDecoder, encodeFrame } from "./frame-decoder.ts";
import { connectKernel, type Kernel } from "./kernel-session.ts";
import { defaultLimits } from "./runtime.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const options = { id: "a", limits: defaultLimits, transactions: true };

it("gives up on an interpreter that says nothing when it is opened", async () => {
  const [host] = duplexPair();
  const [, fault] = await Promise.all([
    vi.advanceTimersByTimeAsync(60_000),
    connectKernel(host, options).catch((error: unknown) => error),
  ]);
  expect(fault).toMatchObject({
    code: "backend_lost",
    message: "The interpreter does not answer any more.",
  });
});

it("tells an interpreter that ended from one that says nothing", async () => {
  const [host, guest] = duplexPair();
  guest.end();
  await expect(connectKernel(host, options)).rejects.toMatchObject({
    code: "backend_lost",
    message: "The interpreter ended before it was ready.",
  });
});

/** Connects to a kernel that answers each cell with these frames, all in one piece. */
async function connectTo(answer: (id: number) => readonly object[]): Promise<Kernel> {
  const [host, guest] = duplexPair();
  const decoder = createFrameDecoder();
  const say = (...frames: readonly object[]): void =>
    void guest.write(Buffer.concat(frames.map((frame) => encodeFrame(frame))));
  guest.on("data", (chunk: Buffer) => {
    for (const frame of decoder.push(chunk) as { type: string; id: number }[]) {
      if (frame.type === "execute") say(...answer(frame.id));
    }
  });
  say({ type: "ready", version: 2, python: "3.11.7", implementation: "CPython" });
  return await connectKernel(host, options);
}

const done = {
  ...{ type: "done", status: "ok", state: "kept", executionCount: 1 },
  ...{ wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
};

it("takes what follows the end of a cell in the same piece for late output", async () => {
  const kernel = await connectTo((id) => [
    { type: "stream", id, name: "stdout", text: `cell ${id}` },
    { ...done, id },
    { type: "stream", id, name: "stdout", text: `thread of cell ${id}` },
  ]);
  const heard: string[] = [];
  const first = await kernel.execute("", {
    onOutput: (output) => void heard.push(output.type === "stream" ? output.text : output.type),
  });
  const second = await kernel.execute("", {});
  expect(heard).toEqual(["cell 1"]);
  expect(first.late).toEqual([]);
  expect(second.outputs).toEqual([{ type: "stream", name: "stdout", text: "cell 2" }]);
  expect(second.late).toEqual([{ type: "stream", name: "stdout", text: "thread of cell 1" }]);
});

it("holds no outcome once it has been handed out", async () => {
  vi.useRealTimers();
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const kernel = await connectTo((id) => [{ ...done, id }]);
  const outcomes: WeakRef<object>[] = [];
  for (let i = 0; i < 3; i += 1) outcomes.push(new WeakRef(await kernel.execute("", {})));
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  expect(outcomes.map((outcome) => outcome.deref())).toEqual([undefined, undefined, undefined]);
  kernel.close();
});
