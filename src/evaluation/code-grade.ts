import type { Outcome } from "../execution/outcome.ts";
import type { Session } from "../execution/session.ts";
import type { Grade } from "./benchmark.ts";

/** Processor time that the tests of one answer may take, and wall time: a busy machine must not fail an answer. */
const processorSeconds = 10;
const wallMs = 60_000;

/**
 * Runs an answer and then its tests as one program, in a session that nothing else uses. An answer that ends the
 * program early does not pass: the cell has to reach its end.
 */
export async function gradeCode(session: Session, answer: string, tests: string): Promise<Grade> {
  const program = JSON.stringify(`${answer}\n${tests}\n`);
  const outcome = await session.execute(
    `${clock}exec(compile(${program}, "answer.py", "exec"), _start("answer"))`,
    { timeoutMs: wallMs },
  );
  if (outcome.status === "timeout" || outcome.error?.name === "OutOfTime") {
    return { success: false, reason: `more than ${processorSeconds} s` };
  }
  return gradeOfTests(outcome);
}

/**
 * What tests say that ran as a cell: they passed if it reached its end. What it printed tells nothing, since a program
 * may have turned its output elsewhere, or printed what it likes.
 */
export function gradeOfTests({ status, error, crash }: Outcome): Grade {
  if (status === "ok") return { success: true };
  if (error === undefined) return { success: false, reason: crash?.reason ?? status };
  const message = error.message === "" ? "" : `: ${error.message.slice(0, 300)}`;
  return { success: false, reason: `${error.name}${message}` };
}

/**
 * Raises once the processor time is used up, and again for a program that catches everything. Makes a module for the
 * program: what it defines can be found by its name then, as pickling wants.
 */
const clock = `def _start(name):
    import signal, sys, types
    class OutOfTime(BaseException):
        pass
    def stop(*_):
        raise OutOfTime
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, ${processorSeconds}, 0.5)
    sys.modules[name] = types.ModuleType(name)
    return sys.modules[name].__dict__
`;
