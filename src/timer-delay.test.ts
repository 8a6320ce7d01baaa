import { expect, it } from "vitest";
import { timerDelay } from "./timer-delay.ts";

it.each([
  [1500, 1500],
  [1234.5, 1235],
  [-3, 0],
  [3_000_000_000, 2_147_483_647],
  [Infinity, 2_147_483_647],
])("a timer that is to wait %d ms waits %d", (asked, waits) => {
  expect(timerDelay(asked)).toBe(waits);
});
