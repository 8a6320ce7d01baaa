import type { Session } from "../execution/session.ts";
import { costOf } from "../models/model-price.ts";
import type { BudgetMeter } from "./budget.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { appendAssistant, appendUser, textPart } from "./history.ts";
import type { LoopOptions } from "./loop-options.ts";
import { streamReply } from "./stream-reply.ts";
import { timerDelay } from "../timer-delay.ts";

/** What the last words may use beyond the budget. */
const reserve = { outputTokens: 1024, leastMs: 5_000, mostMs: 30_000, share: 0.1 };

/**
 * Asks once more for the answer, and runs no code any more. Returns what the model made of it: an answer, or else its
 * prose as `partialAnswer`.
 */
export async function* closingTurn(
  options: LoopOptions,
  session: Session,
  meter: BudgetMeter,
  notice: string,
): AsyncGenerator<AgentEvent, Partial<RunResult>, undefined> {
  const { messages, signal, sampling, budget } = options;
  const turn = meter.startTurn();
  yield { type: "turn-start", turn };
  appendUser(messages, [textPart(notice)]);
  const share = (budget.seconds ?? Number.POSITIVE_INFINITY) * 1000 * reserve.share;
  const patience = AbortSignal.timeout(
    timerDelay(Math.min(Math.max(share, reserve.leastMs), reserve.mostMs)),
  );
  const reply = yield* streamReply({
    ...options,
    turn,
    sampling: {
      ...sampling,
      maxOutputTokens: Math.min(sampling?.maxOutputTokens ?? Infinity, reserve.outputTokens),
    },
    signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
  });
  meter.spend(reply.usage);
  const text = reply.prose.trim();
  appendAssistant(messages, text);
  let end: Partial<RunResult> = text === "" ? {} : { partialAnswer: text };
  if (reply.parsed.kind === "answer" && text !== "") {
    const verdict = await options.answers.read({ text }, session, signal);
    end = { answer: verdict.answer };
    if (verdict.accepted && "value" in verdict) end = { ...end, value: verdict.value };
    if (!verdict.accepted) {
      end = { ...end, rejection: verdict.reason };
      options.progress.refusal = verdict.reason;
    }
  }
  const { price } = options.model;
  const usage = meter.turnUsage;
  yield { type: "turn-end", turn, usage, ...(price && { costUsd: costOf(usage, price) }) };
  return end;
}
