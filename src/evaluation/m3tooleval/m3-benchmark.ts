import { readFileSync } from "node:fs";
import type { AgentEvent } from "../../agent/events.ts";
import { textMessage } from "../../models/model.ts";
import type { Benchmark, BenchmarkTask, Ending, Grading, PlayContext } from "../benchmark.ts";
import { playDialogue } from "../dialogue.ts";
import { plainTraceback } from "../plain-traceback.ts";
import { pythonLiteral } from "../../syntax/python-literal.ts";
import { setUpSession } from "../set-up-session.ts";
import { loadM3Data } from "./m3-data.ts";
import type { M3Data, M3Record } from "./m3-data.ts";
import { m3PageAliases, m3TaskFaults } from "./m3-faults.ts";
import { answerOf, createM3Format } from "./m3-format.ts";
import { gradeCorrectly, gradeFaithfully } from "./m3-grade.ts";
import { m3Observation } from "./m3-observation.ts";
import { m3Oracle } from "./m3-oracle.ts";
import { m3Prompt } from "./m3-prompt.ts";
import { unpackM3ToolEval } from "./unpack-m3.ts";

const maxTurns = 10;
const maxReplyTokens = 512;
const cellTimeoutMs = 30_000;

/**
 * M3ToolEval: 82 tasks that need several tools, played with one call or one program a turn, at most ten turns, as many
 * guesses as fit in them. Source: "Executable Code Actions Elicit Better LLM Agents", section 2 and its release.
 */
export const m3ToolEval: Benchmark = {
  name: "m3tooleval",
  description: "82 tasks that need several tools, in one conversation of at most ten turns each",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: "https://codeload.github.com/xingyaoww/code-act/tar.gz/refs/heads/main",
      path: "m3tooleval/m3tooleval.jsonl",
      unpack: unpackM3ToolEval,
    },
  ],
  async load(options) {
    const data = await loadM3Data(options);
    return data.tasks.map((record) => toTask(record, data));
  },
};

function toTask(record: M3Record, data: M3Data): BenchmarkTask {
  return {
    id: record.name,
    group: record.family,
    play: (context) => play(record, data, context),
    oracle: ({ format }) => m3Oracle(record, format, data.pages),
  };
}

async function* play(
  record: M3Record,
  data: M3Data,
  context: PlayContext,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const { format, grading, model, signal, sampling } = context;
  const session = await context.openSession({ timeoutMs: cellTimeoutMs });
  await setUpSession(session, setupCode(record.family, data, grading));
  const functions = functionsOf(record, data, grading);
  const prompt = m3Prompt(record.instruction, functions, format);
  let failure: string | undefined;
  return yield* playDialogue({
    model,
    session,
    signal,
    format: createM3Format({
      mode: format,
      tools: functions.map(({ name }) => name),
      isLenient: grading === "corrected",
      onAction: (action) => ({ failure } = action),
    }),
    messages: [textMessage("user", prompt)],
    maxTurns: context.maxTurns ?? maxTurns,
    sampling: { temperature: 0, maxOutputTokens: maxReplyTokens, ...sampling },
    afterCell(outcome, turn) {
      const shown = context.feedback === "plain" ? plainTraceback(outcome) : outcome;
      return { say: m3Observation(shown, { format, grading, turn, failure }) };
    },
    afterMalformed: (reason) => ({ say: reason }),
    afterAnswer(reply) {
      const answer = answerOf(reply);
      const success = grade(answer, record, grading);
      return success ? { end: { answer, success } } : { say: wrongAnswer };
    },
  });
}

const wrongAnswer =
  "Your answer is incorrect. Please try again. Note that you should ONLY output the answer (e.g., single number), without any other text.";

function functionsOf(record: M3Record, data: M3Data, grading: Grading) {
  const functions = data.functions[record.family] ?? [];
  if (grading === "faithful") return functions;
  return functions.map((described) =>
    described.name === "find_flights"
      ? {
          ...described,
          signature: described.signature.replace(
            "(destination",
            "(from_location: str, to_location",
          ),
        }
      : described,
  );
}

/** Judges an answer to a task. */
function grade(
  answer: string,
  { name, instruction, expected }: M3Record,
  grading: Grading,
): boolean {
  if (grading === "faithful") return gradeFaithfully(answer, expected);
  const decimals = /'xx\.(x+)'/.exec(instruction)?.[1]?.length;
  const right = [expected, ...(m3TaskFaults[name]?.alsoRight ?? [])];
  return gradeCorrectly(answer, right, decimals === undefined ? {} : { decimals });
}

/** Defines the family's tools, and nothing else, in the interpreter. */
function setupCode(family: string, { travel, pages }: M3Data, grading: Grading): string {
  const repaired = Object.entries(m3PageAliases).map(([link, page]) => [link, pages[page]]);
  const site = grading === "corrected" ? { ...pages, ...Object.fromEntries(repaired) } : pages;
  const data = { ...(travel as object), pages: site };
  return `def _define_tools():
    import json, types
    module = types.ModuleType("m3tooleval")
    exec(compile(${pythonLiteral(toolSource)}, "m3tooleval.py", "exec"), module.__dict__)
    data = json.loads(${pythonLiteral(JSON.stringify(data))})
    globals().update(module.tools(${pythonLiteral(family)}, data, corrected=${pythonLiteral(grading === "corrected")}))
_define_tools()
del _define_tools`;
}

const toolSource = readFileSync(
  new URL("../../../python/codeact_benchmarks/m3tooleval.py", import.meta.url),
  "utf8",
);
