import type { createEventLog } from "./event-log.ts";
import type { AgentEvent, RunResult } from "./events.ts";

/** Drives the loop to its end; the last event is given out once the agent is ready for the next run. */
export async function pumpEvents(
  loop: AsyncGenerator<AgentEvent, RunResult>,
  log: ReturnType<typeof createEventLog<AgentEvent>>,
  beforeEnd: (result: RunResult) => Promise<void>,
): Promise<RunResult> {
  for (;;) {
    const step = await loop.next();
    if (step.done === true) {
      log.end();
      return step.value;
    }
    if (step.value.type === "run-end") await beforeEnd(step.value.result);
    log.push(step.value);
  }
}
