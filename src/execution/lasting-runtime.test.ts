import { expect, it } from "vitest";
import { CodeActError } from "../errors.ts";
import { createLastingRuntime } from "./lasting-runtime.ts";
import type { Runtime } from "./runtime.ts";
import type { Session } from "./session.ts";

/** A runtime that ends when it is told to. */
function createMortal(number: number, events: string[]) {
  const ended = Promise.withResolvers<void>();
  const close = async (): Promise<void> => {
    events.push(`close ${number}`);
    ended.resolve();
  };
  const runtime: Runtime = {
    name: "mortal",
    capabilities: { isolation: "none", transactions: false },
    async open() {
      events.push(`open ${number}`);
      return {} as Session;
    },
    ended: ended.promise,
    close,
    [Symbol.asyncDispose]: close,
  };
  return { runtime, die: ended.resolve };
}

it("opens sessions in another runtime once the one before has ended", async () => {
  const events: string[] = [];
  const first = createMortal(1, events);
  let made = 1;
  const lasting = createLastingRuntime(first.runtime, async () => {
    made += 1;
    if (made === 2) throw new CodeActError("sandbox_unavailable", "Not yet.");
    return createMortal(made, events).runtime;
  });
  await lasting.open();
  first.die();
  await Promise.resolve();
  await expect(lasting.open()).rejects.toThrow("Not yet.");
  await Promise.all([lasting.open(), lasting.open()]);
  await lasting.close();
  await lasting.close();
  expect(events).toEqual(["open 1", "close 1", "open 3", "open 3", "close 3"]);
  expect(made).toBe(3);
});
