import { duplexPair } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connectKernel } from "./kernel-session.ts";
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
