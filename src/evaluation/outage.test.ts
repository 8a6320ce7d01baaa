import { expect, it } from "vitest";
import { CodeActError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { createOutageWatch } from "./outage.ts";

const fault = (code: ErrorCode): CodeActError =>
  new CodeActError(code, "The service is away.", { hint: "Start it." });

it("stops at once where every task would meet the same fault", () => {
  expect(createOutageWatch().observe(fault("model_auth_failed"), 3)).toMatchObject({
    code: "model_auth_failed",
    message: "The evaluation was stopped: The service is away.",
    hint: "Start it. What is done is kept, and the same command goes on from there.",
  });
});

it("stops at once where the service can't be reached from the start", () => {
  const unreachable = fault("model_unreachable");
  expect(createOutageWatch().observe(unreachable, 1)).toBeUndefined();
  expect(createOutageWatch().observe(unreachable, 0)).toMatchObject({
    code: "model_unreachable",
    message: "The evaluation was stopped: The service is away.",
  });
});

it("waits for what may pass, until it has happened six times in a row", () => {
  const watch = createOutageWatch();
  const observe = (error?: CodeActError): boolean => watch.observe(error, 0) !== undefined;
  const unreachable = fault("model_unreachable");
  expect(observe()).toBe(false);
  expect(Array.from({ length: 5 }, () => observe(unreachable))).not.toContain(true);
  expect(observe()).toBe(false);
  const six = [unreachable, fault("model_timeout"), fault("backend_lost")];
  expect([...six, ...six].map((error) => observe(error))).toEqual([
    ...Array.from({ length: 5 }, () => false),
    true,
  ]);
});

it("does not take failures of tasks for an outage", () => {
  const watch = createOutageWatch();
  const filtered = new CodeActError("model_failed", "Filtered.", {
    details: { reason: "content-filter" },
  });
  const errors = [fault("model_context_exceeded"), fault("invalid_input"), filtered];
  const seen = Array.from({ length: 5 }, () => errors.map((error) => watch.observe(error, 0)));
  expect(seen.flat()).toEqual(Array.from({ length: 15 }, () => undefined));
});
