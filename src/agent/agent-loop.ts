import { costOf } from "../models/model-price.ts";
import { actOn } from "./act-on-reply.ts";
import { createBudgetMeter, exhaustedNotice, lowNotice } from "./budget.ts";
import { closingTurn } from "./closing-turn.ts";
import type { CompactionSource } from "./compaction.ts";
import type { RunResult } from "./events.ts";
import { appendUser, textPart } from "./history.ts";
import type { LoopOptions } from "./loop-options.ts";
import { makePlan } from "./plan.ts";
import { describe, failure, fullTask, isAborted, startRun } from "./run.ts";
import type { Run, RunEnd, Step } from "./run.ts";
import { streamReply } from "./stream-reply.ts";
import type { Reply } from "./stream-reply.ts";
import { stuckEndNotice } from "./stuck-detector.ts";

/**
 * Works on one task until the model answers. Never throws: every end, faults included, is the
 * `run-end` event, which is the last one and is also returned.
 */
export async function* runLoop(options: LoopOptions): Step<RunResult> {
  const { model, task, signal, progress, pauseAfterTurns = Infinity } = options;
  const meter = createBudgetMeter(options.budget, model, { progress, now: options.now });
  let end: RunEnd | undefined;

  options.tools?.startRun(meter, progress);
  yield { type: "run-start", task: task.text, modelId: model.id };
  try {
    const run = await startRun(options, meter);
    while (end === undefined) {
      const exhausted = meter.exhausted();
      if (isAborted(signal)) end = { status: "aborted" };
      else if (exhausted !== undefined) end = { status: "budget", budget: exhausted };
      else if (progress.turns >= pauseAfterTurns) end = { status: "paused" };
      else end = yield* runTurn(run);
      if (end?.status === "budget" || end?.status === "stuck") end = yield* close(run, end);
    }
  } catch (cause) {
    end = isAborted(signal) ? { status: "aborted" } : failure(cause);
  }

  meter.stop();
  const { turns, usage, costUsd } = meter;
  const toolCalls = options.tools && { toolCalls: progress.toolCalls };
  const result = { ...end, turns, ...toolCalls, usage, ...(costUsd !== undefined && { costUsd }) };
  yield { type: "run-end", result };
  return result;
}

/** One reply and, if it is an action, its cell. History is complete when it returns. */
async function* runTurn(run: Run): Step {
  const { options, meter } = run;
  const turn = meter.startTurn();
  yield { type: "turn-start", turn };
  yield* prepareTurn(run, turn);
  const reply = yield* ask(run, turn);
  let end: RunEnd | undefined;
  try {
    end = yield* actOn(run, turn, reply);
  } catch (cause) {
    appendUser(options.messages, [textPart(failedTurnNotice(cause))]);
    end = failure(cause);
  }
  const usage = meter.turnUsage;
  const { price } = options.model;
  yield { type: "turn-end", turn, usage, ...(price && { costUsd: costOf(usage, price) }) };
  return end;
}

/** What may have to happen before the model is asked: make room, take stock, warn of the end. */
async function* prepareTurn(run: Run, turn: number): Step<void> {
  const { options, meter, signal } = run;
  const { messages, records, planningInterval, compactor } = options;
  yield* compactor?.keepSmall(compactionSource(run), turn) ?? [];
  if (planningInterval !== undefined && (turn - 1) % planningInterval === 0) {
    yield* makePlan({ ...options, turn, meter, messages, records, ...(signal && { signal }) });
  }
  const low = meter.runsLow();
  if (low === undefined) return;
  appendUser(messages, [textPart(lowNotice(low))]);
  yield { type: "budget-low", turn, budget: low };
}

/** Asks the model; a prompt that is too long for it is compacted, once. */
async function* ask(run: Run, turn: number): Step<Reply> {
  const { options, meter, signal } = run;
  const { messages, compactor } = options;
  for (let attempt = 1; ; attempt++) {
    const asked = [...messages];
    const reply = yield* streamReply({ ...options, turn, ...(signal && { signal }) });
    meter.spend(reply.usage);
    compactor?.learn(asked, reply.usage);
    const isTooLong = reply.error?.code === "model_context_exceeded" && reply.text === "";
    if (!isTooLong || attempt > 1 || compactor === undefined) return reply;
    if (!(yield* compactor.shrink(compactionSource(run), turn))) return reply;
  }
}

function compactionSource(run: Run): CompactionSource {
  const { options, session, meter, signal } = run;
  const spend = meter.spend.bind(meter);
  return { ...options, task: fullTask(options), session, spend, ...(signal && { signal }) };
}

/** Ends the run with the best answer that the model can give by now. */
async function* close(run: Run, end: RunEnd): Step<RunEnd> {
  const { options, session, meter } = run;
  const { prose } = options.progress;
  const partial = prose === "" ? {} : { partialAnswer: prose };
  // The last turn has been used to ask for the answer already.
  if (meter.turns >= (options.budget.turns ?? Infinity)) return { ...end, ...partial };
  const notice = end.budget === undefined ? stuckEndNotice : exhaustedNotice(end.budget);
  const said = yield* closingTurn(options, session, meter, notice);
  const status = isAborted(options.signal) ? "aborted" : end.status;
  return { ...end, status, ...(said.answer === undefined && partial), ...said };
}

function failedTurnNotice(cause: unknown): string {
  return `A technical fault cut this turn short, and its code too if it had any: ${describe(cause)}`;
}
