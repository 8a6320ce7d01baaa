import type { AgentEvent } from "../../agent/events.ts";
import { CodeActError } from "../../errors.ts";
import type { ActionFormat } from "../../formats/format.ts";
import type { Session } from "../../execution/session.ts";
import type {
  Benchmark,
  BenchmarkTask,
  Ending,
  FormatName,
  Grade,
  Grading,
  PlayContext,
} from "../benchmark.ts";
import { playDialogue } from "../dialogue.ts";
import type { Oracle } from "../oracle.ts";
import { createPlainFormat } from "../plain-format.ts";
import { importablePackage } from "../python-package.ts";
import { pythonLiteral } from "../../syntax/python-literal.ts";
import { setUpSession } from "../set-up-session.ts";
import { codeCallText, readCallByMeaning, readCallFaithfully, writeCall } from "./api-bank-call.ts";
import { loadApiBankData } from "./api-bank-data.ts";
import type { ApiBankData, ApiBankSample } from "./api-bank-data.ts";
import files from "./api-bank-files.json" with { type: "json" };
import { faultOfSample, reasonNoAnswerPasses } from "./api-bank-faults.ts";
import { apiBankMessages } from "./api-bank-prompt.ts";

const maxReplyTokens = 512;
const release = "https://raw.githubusercontent.com/AlibabaResearch/DAMO-ConvAI/main/api-bank";

/**
 * API-Bank, level 1: the next API call of a dialogue, one reply each, judged by making the call on fresh databases.
 * Source: Li et al., "API-Bank: A Comprehensive Benchmark for Tool-Augmented LLMs", 2023.
 */
export const apiBank: Benchmark = {
  name: "api-bank",
  description: "399 API calls that 214 dialogues ask for, one reply each",
  formats: ["code", "json", "text"],
  sources: [
    ...files.databases.map((name) => `init_database/${name}.json`),
    ...files.dialogues.map((name) => `lv1-lv2-samples/level-1-given-desc/${name}.jsonl`),
  ].map((path) => ({ url: `${release}/${path}`, path: `api-bank/${path}` })),
  async load(options) {
    const data = await loadApiBankData(options);
    return data.samples.map((sample) => toTask(sample, data));
  },
};

function toTask(sample: ApiBankSample, data: ApiBankData): BenchmarkTask {
  const fault = faultOfSample(sample.target);
  return {
    ...(fault !== undefined && { fault }),
    id: sample.id,
    group: sample.target.name,
    play: (context) => play(sample, data, context),
    oracle: (options) => oracle(sample, options.format, options.grading),
  };
}

async function* play(
  sample: ApiBankSample,
  data: ApiBankData,
  context: PlayContext,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const { format, grading, model, signal, sampling } = context;
  const session = await context.openSession();
  await setUpSession(session, importablePackage("api_bank"));
  await setUpSession(session, bankCode(sample, data));
  const outputs = sample.history.flatMap((said) =>
    said.role === "API" ? [said.result.output] : [],
  );
  const shown = (await ask(
    session,
    `{"apis": [json.dumps(bank.describe(name)) for name in ${pythonLiteral(sample.apis)}],
"outputs": [str(output) for output in json.loads(${pythonLiteral(JSON.stringify(outputs))})]}`,
  )) as { readonly apis: readonly string[]; readonly outputs: readonly string[] };
  return yield* playDialogue({
    model,
    session,
    signal,
    format: createCallFormat(format, grading),
    messages: apiBankMessages(sample.history, { ...shown, format, grading }),
    maxTurns: 1,
    sampling: { temperature: 0, maxOutputTokens: maxReplyTokens, ...sampling },
    afterCell: () => wrong("it is no call"),
    afterMalformed: (reason, _turn, reply) => ({
      end: { answer: reply.trim(), success: false, reason },
    }),
    afterAnswer: async (reply) => ({
      end: { answer: reply.trim(), ...(await judge(reply, sample, session, format, grading)) },
    }),
  });
}

function wrong(reason: string): { readonly end: Grade } {
  return { end: { success: false, reason } };
}

const noCallReason = "the reply holds no call in its format";

/** A reply is a call, or can't be read. */
function createCallFormat(name: FormatName, grading: Grading): ActionFormat {
  const plain = createPlainFormat();
  return {
    ...plain,
    name: `api-bank-${name}`,
    createParser() {
      const parser = plain.createParser();
      return {
        ...parser,
        finish() {
          const read = parser.finish();
          return callExpression(read.text, name, grading) === undefined
            ? { kind: "malformed", reason: noCallReason, text: read.text }
            : read;
        },
      };
    },
  };
}

/** Defines `bank`, with the databases that the sample's APIs read. */
function bankCode({ apis }: ApiBankSample, { databases, recorded }: ApiBankData): string {
  const { ImageCaptioning: pictures, ...small } = databases;
  const needed = apis.includes("ImageCaption") ? { ...small, ImageCaptioning: pictures } : small;
  const calls = recorded.filter((call) => apis.includes(call.api_name));
  return `import json
from codeact_benchmarks.api_bank import Bank
from codeact_benchmarks.api_bank.bank import read_call
bank = Bank(json.loads(${pythonLiteral(JSON.stringify(needed))}), json.loads(${pythonLiteral(JSON.stringify(calls))}))`;
}

/** Makes the call that the reply names and compares it with the recorded one. */
async function judge(
  reply: string,
  { target }: ApiBankSample,
  session: Session,
  format: FormatName,
  grading: Grading,
): Promise<Grade> {
  const call = callExpression(reply, format, grading);
  if (call === undefined) return { success: false, reason: noCallReason };
  const truth = `json.loads(${pythonLiteral(JSON.stringify(target.result))})`;
  const lenient = pythonLiteral(grading === "corrected");
  const verdict = await ask(session, `bank.judge(*${call}, ${truth}, lenient=${lenient})`);
  const { correct, reason } = verdict as { readonly correct: boolean; readonly reason: string };
  return { success: correct, ...(reason !== "" && { reason }) };
}

/** Python for the name and the arguments of the call. */
function callExpression(reply: string, format: FormatName, grading: Grading): string | undefined {
  if (grading === "corrected" && format === "code") {
    const text = codeCallText(reply);
    return text === undefined ? undefined : `read_call(${pythonLiteral(text)})`;
  }
  const call =
    grading === "corrected" && format !== "code"
      ? readCallByMeaning(reply, format)
      : readCallFaithfully(reply, format);
  if (call === undefined) return undefined;
  return `(${pythonLiteral(call.name)}, json.loads(${pythonLiteral(JSON.stringify(call.arguments))}))`;
}

/** Evaluates an expression and returns its value. A call that can't be read is wrong, not a fault. */
async function ask(session: Session, expression: string): Promise<unknown> {
  const code = `try:
    print(json.dumps(${expression}))
except ValueError as error:
    print(json.dumps({"correct": False, "reason": str(error)}))`;
  const outcome = await session.execute(code);
  const text = outcome.outputs
    .map((output) => (output.type === "stream" ? output.text : ""))
    .join("");
  if (outcome.status === "ok") return JSON.parse(text);
  throw new CodeActError(
    "invalid_input",
    `A call of API-Bank could not be judged: ${outcome.error?.message ?? outcome.status}`,
    { details: { traceback: outcome.error?.traceback } },
  );
}

function oracle({ target }: ApiBankSample, format: FormatName, grading: Grading): Oracle {
  const reason = reasonNoAnswerPasses(target, format, grading);
  if (reason !== undefined) return { impossible: reason };
  // What was recorded as the call's input has the types that the API wants.
  const input = format === "json" ? (target.result.input ?? {}) : target.arguments;
  const call = writeCall({ name: target.name, arguments: input }, format);
  // The original reads no name in text without a comma behind it.
  const isBare = format === "text" && Object.keys(input).length === 0;
  return { replies: [isBare ? call.replace(/\]$/, ", ]") : call] };
}
