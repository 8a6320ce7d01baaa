import { expect, it } from "vitest";
import { createPressure } from "./pressure.ts";

const { signal } = new AbortController();

it("lets in no more than it may, fewer after trouble, and slowly more again", async () => {
  const pressure = createPressure(4, 1);
  for (let count = 0; count < 4; count++) await pressure.enter(signal);
  let isInside = false;
  const fifth = pressure.enter(signal).then(() => {
    isInside = true;
  });
  await Promise.resolve();
  expect(isInside).toBe(false);
  pressure.leave(true);
  expect(pressure.width).toBe(2);
  pressure.leave(false);
  pressure.leave(false);
  expect(pressure.width).toBe(3);
  await fifth;
  pressure.leave(false);
  pressure.leave(false);
  expect(pressure.width).toBe(3);
  await pressure.enter(signal);
  pressure.leave(false);
  expect(pressure.width).toBe(4);
});

it("stops waiting when the signal fires", async () => {
  const pressure = createPressure(1, 60_000);
  await pressure.enter(signal);
  pressure.leave(true);
  const controller = new AbortController();
  const waiting = pressure.enter(controller.signal);
  controller.abort();
  await expect(waiting).rejects.toThrow("aborted");
});
