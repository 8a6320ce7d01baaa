import type { Outcome, Output } from "../outcome.ts";
import type { OpenOptions, Runtime, RuntimeCapabilities } from "../runtime.ts";
import type { Session } from "../session.ts";

/** One behaviour that every runtime must show. Independent of any test runner. */
export interface ConformanceCase {
  readonly name: string;
  /** Says why the case does not apply to a runtime with these capabilities, if so. */
  readonly skip?: (capabilities: RuntimeCapabilities) => string | undefined;
  /** Opens the sessions it needs and closes them. Rejects with an assertion error when the behaviour is missing. */
  run(runtime: Runtime): Promise<void>;
}

/** Skips a case where cells are not transactions. */
export function needsTransactions(capabilities: RuntimeCapabilities): string | undefined {
  return capabilities.transactions ? undefined : "the runtime has no transactions";
}

/** Skips a case where code is not isolated from the host. */
export function needsIsolation(capabilities: RuntimeCapabilities): string | undefined {
  return capabilities.isolation === "none" ? "the runtime does not isolate" : undefined;
}

/** Opens a session for `use` and closes it afterwards. */
export async function withSession<T>(
  runtime: Runtime,
  use: (session: Session) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  await using session = await runtime.open(options);
  return await use(session);
}

/** All text of one stream, stdout unless told. */
export function streamText(
  outcome: { readonly outputs: readonly Output[] },
  name = "stdout",
): string {
  return outcome.outputs
    .map((output) => (output.type === "stream" && output.name === name ? output.text : ""))
    .join("");
}

/** The text of the last expression's value. */
export function valueText(outcome: Outcome): string | undefined {
  return outcome.outputs.find((output) => output.type === "value")?.data["text/plain"];
}
