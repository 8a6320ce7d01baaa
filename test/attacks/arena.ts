import { afterAll, expect } from "vitest";
import type { NetworkOptions } from "../../src/execution/network/network.ts";
import type { Outcome } from "../../src/execution/outcome.ts";
import type { SessionLimits } from "../../src/execution/runtime.ts";
import {
  createSandboxRuntime,
  type SandboxRuntime,
} from "../../src/execution/runtimes/sandbox-runtime.ts";
import type { Session } from "../../src/execution/session.ts";
import { attackTools } from "./attack-tools.ts";

const mebibyte = 1024 ** 2;

/** Small, so that every limit is reached soon. */
const limits: Partial<SessionLimits> = {
  timeoutMs: 10_000,
  graceMs: 300,
  memoryBytes: 256 * mebibyte,
  diskBytes: 64 * mebibyte,
  fileBytes: 32 * mebibyte,
  scratchBytes: 16 * mebibyte,
  outputBytes: 64 * 1024,
  processes: 32,
};

/** A runtime with a victim session beside it that must notice nothing of any attack. */
export interface Arena {
  readonly runtime: SandboxRuntime;
  readonly sibling: Session;
  /** Opens a session that knows the attack tools and has `kept = "kept"`. */
  open(overrides?: Partial<SessionLimits>, network?: NetworkOptions): Promise<Session>;
  /**
   * Runs `code` in a session of its own, then checks that the session still works and holds the state from
   * before the cell (or what the cell left, when it was not rolled back), and that the sibling lives.
   */
  attack(code: string, overrides?: Partial<SessionLimits>): Promise<Outcome>;
  /** Fails unless the session has its variable and the sibling's state is what it was. */
  checkBoth(session: Session): Promise<void>;
}

/** Starts the arena of one test file and closes it after the last test. */
export async function createArena(preload: readonly string[] = []): Promise<Arena> {
  const runtime = await createSandboxRuntime({ preload, limits });
  afterAll(() => runtime.close());
  const sibling = await runtime.open();
  let turns = 0;
  await sibling.execute("turns = 0");

  const checkBoth = async (session: Session): Promise<void> => {
    expect(await valueOf(session, "kept")).toBe("'kept'");
    turns += 1;
    expect(await valueOf(sibling, "turns += 1; turns")).toBe(`${turns}`);
  };
  const open: Arena["open"] = async (overrides = {}, network) => {
    const session = await runtime.open({ limits: overrides, ...(network && { network }) });
    const ready = await session.execute(`${attackTools}\nkept = "kept"`);
    expect(ready.status).toBe("ok");
    return session;
  };
  return {
    runtime,
    sibling,
    open,
    checkBoth,
    async attack(code, overrides) {
      await using session = await open(overrides);
      const outcome = await session.execute(code);
      await checkBoth(session);
      return outcome;
    },
  };
}

/** What the code printed to stdout. */
export function printed(outcome: Outcome): string {
  return outcome.outputs
    .map((output) => (output.type === "stream" && output.name === "stdout" ? output.text : ""))
    .join("");
}

/** The text of the last expression's value. */
export async function valueOf(session: Session, code: string): Promise<string | undefined> {
  const { outputs } = await session.execute(code);
  return outputs.find((output) => output.type === "value")?.data["text/plain"];
}
