import { expect, it } from "vitest";
import { createSlots } from "./slots.ts";

it("forgets nobody who waits when a turn comes and is given up in the same moment", async () => {
  const slots = createSlots(1);
  const giveUp = new AbortController();
  const { signal } = new AbortController();
  const order: string[] = [];
  const first = slots.run(async () => {
    await Promise.resolve();
    // By then the next one has its turn, and does not know it yet.
    queueMicrotask(() => queueMicrotask(() => giveUp.abort()));
  }, signal);
  const others = [giveUp.signal, signal, signal].map((each, index) =>
    slots.run(async () => void order.push(`waiter ${index + 1}`), each).catch(() => undefined),
  );
  await Promise.all([first, ...others]);
  expect(order.slice(-2)).toEqual(["waiter 2", "waiter 3"]);
}, 5000);
