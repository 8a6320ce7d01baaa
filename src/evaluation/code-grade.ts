import type { Session } from "../execution/session.ts";
import type { Grade } from "./benchmark.ts";

/** Processor time that the tests of one answer may take, and wall time: a busy machine must not fail an answer. */
const processorSeconds = 10;
const wallMs = 60_000;

/**
 * Runs an answer and then its tests as one program, in a session that nothing else uses. An answer that ends the
 * program early does not pass: the cell has to reach its last line.
 */
export async function gradeCode(session: Session, answer: string, tests: string): Promise<Grade> {
  const word = crypto.randomUUID();
  const program = JSON.stringify(`${answer}\n${tests}\n`);
  const outcome = await session.execute(
    `${clock}exec(compile(${program}, "answer.py", "exec"), {"__name__": "answer"})\nprint(${JSON.stringify(word)})`,
    { timeoutMs: wallMs },
  );
  const printed = outcome.outputs.map((output) => (output.type === "stream" ? output.text : ""));
  if (outcome.status === "ok" && printed.join("").includes(word)) return { success: true };
  const { error, crash } = outcome;
  if (outcome.status === "timeout" || error?.name === "OutOfTime") {
    return { success: false, reason: `more than ${processorSeconds} s` };
  }
  const message = error?.message === "" ? "" : `: ${error?.message.slice(0, 300)}`;
  return {
    success: false,
    reason: error === undefined ? (crash?.reason ?? outcome.status) : `${error.name}${message}`,
  };
}

/** Raises once the processor time is used up, and again for a program that catches everything. */
const clock = `def _start_clock():
    import signal
    class OutOfTime(BaseException):
        pass
    def stop(*_):
        raise OutOfTime
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, ${processorSeconds}, 0.5)
_start_clock()
`;
