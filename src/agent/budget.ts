import { CodeActError } from "../errors.ts";
import type { BudgetKind, CellContext } from "../execution/session.ts";
import type { Model, Usage } from "../models/model.ts";
import { addUsage, costOf } from "../models/model-price.ts";
import { createRunProgress } from "./run-progress.ts";
import type { RunProgress } from "./run-progress.ts";
import { timerDelay } from "../timer-delay.ts";

/** What one run may use. What is left out has no limit, but for `turns`. */
export interface Budget {
  /** Replies of the model. Default: 20. */
  readonly turns?: number;
  /** Cells. */
  readonly executions?: number;
  /** Tokens of all prompts and replies together. */
  readonly tokens?: number;
  /** US dollars; only for models whose price is known. */
  readonly costUsd?: number;
  /** Wall time. A reply or a cell that is still going on is interrupted. */
  readonly seconds?: number;
}

/** Counts what a run uses. */
export interface BudgetMeter {
  /** Turns so far. */
  readonly turns: number;
  readonly usage: Usage;
  /** Of all replies, when the model's price is known. */
  readonly costUsd: number | undefined;
  /** Fires when the wall time is over. */
  readonly deadline: AbortSignal | undefined;
  startTurn(): number;
  startCell(): void;
  spend(usage: Usage): void;
  /** What was used since the turn started. */
  readonly turnUsage: Usage;
  /** What is used up: after it, only the answer is asked for. */
  exhausted(): BudgetKind | undefined;
  /** What is nearly used up; each kind is told once. Ask after the start of a turn. */
  runsLow(): BudgetKind | undefined;
  /** What is left, for the code. */
  left(): NonNullable<CellContext["budget"]>;
  /** Ends the count of time. */
  stop(): void;
}

export interface BudgetMeterOptions {
  /** What is counted goes here, on top of what is there. Default: nothing is. */
  readonly progress?: RunProgress;
  /** The time in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** A part of a limit beyond which the model is told to come to an end. */
const lowShare = 0.9;
const kinds: readonly BudgetKind[] = ["turns", "executions", "tokens", "costUsd", "seconds"];

/** Starts to count. Throws `invalid_input` for limits that are none, and for a cost where no price is known. */
export function createBudgetMeter(
  budget: Budget,
  model: Pick<Model, "id" | "price">,
  { progress = createRunProgress(), now = Date.now }: BudgetMeterOptions = {},
): BudgetMeter {
  checkBudget(budget, model);
  const { price } = model;
  const started = now() - progress.elapsedMs;
  const deadline =
    budget.seconds === undefined
      ? undefined
      : AbortSignal.timeout(timerDelay(budget.seconds * 1000 - progress.elapsedMs));
  const told = new Set<BudgetKind>();
  let turnUsage: Usage = { inputTokens: 0, outputTokens: 0 };
  let isFirstTurn = true;
  let lastTurn: Partial<Record<BudgetKind, number>> = {};
  let turnStart: Partial<Record<BudgetKind, number>> = {};

  function used(kind: BudgetKind): number {
    switch (kind) {
      case "turns":
        return progress.turns;
      case "executions":
        return progress.executions;
      case "tokens":
        return progress.usage.inputTokens + progress.usage.outputTokens;
      case "costUsd":
        return price === undefined ? 0 : costOf(progress.usage, price);
      case "seconds":
        return (now() - started) / 1000;
    }
  }

  /** Counted kinds run low with the last one; measured ones when another turn like the last would not fit. */
  function isLow(kind: BudgetKind): boolean {
    const limit = budget[kind];
    if (limit === undefined) return false;
    if (kind === "turns") return progress.turns >= limit;
    if (kind === "executions") return progress.executions >= limit - 1;
    return used(kind) >= limit * lowShare || used(kind) + (lastTurn[kind] ?? 0) > limit;
  }

  return {
    get turns() {
      return progress.turns;
    },
    get usage() {
      return progress.usage;
    },
    get costUsd() {
      return price === undefined ? undefined : costOf(progress.usage, price);
    },
    get turnUsage() {
      return turnUsage;
    },
    deadline,
    startTurn() {
      const measured = (["tokens", "costUsd", "seconds"] as const).map(
        (kind) => [kind, used(kind)] as const,
      );
      if (!isFirstTurn) {
        lastTurn = Object.fromEntries(
          measured.map(([kind, amount]) => [kind, amount - (turnStart[kind] ?? 0)]),
        );
      }
      turnStart = Object.fromEntries(measured);
      isFirstTurn = false;
      turnUsage = { inputTokens: 0, outputTokens: 0 };
      return ++progress.turns;
    },
    startCell() {
      progress.executions += 1;
    },
    spend(more) {
      progress.usage = addUsage(progress.usage, more);
      turnUsage = addUsage(turnUsage, more);
    },
    exhausted() {
      return kinds.find((kind) => {
        const limit = budget[kind];
        if (kind === "seconds" && deadline?.aborted === true) return true;
        return limit !== undefined && used(kind) >= limit;
      });
    },
    runsLow() {
      const low = kinds.find((kind) => !told.has(kind) && isLow(kind));
      if (low !== undefined) told.add(low);
      return low;
    },
    left() {
      const states = kinds.flatMap((kind) => {
        const limit = budget[kind];
        return limit === undefined
          ? []
          : [[kind, { left: Math.max(limit - used(kind), 0), limit }] as const];
      });
      return Object.fromEntries(states);
    },
    stop() {
      progress.elapsedMs = now() - started;
    },
  };
}

/** Throws `invalid_input` unless each limit is one. */
export function checkBudget(budget: Budget, model: Pick<Model, "id" | "price">): void {
  for (const kind of kinds) {
    const limit = budget[kind];
    if (limit === undefined) continue;
    const counted = kind === "turns" || kind === "executions" || kind === "tokens";
    if (counted && (!Number.isInteger(limit) || limit < 1)) {
      throw invalid(`The budget of ${kind} must be a whole number from 1, not ${limit}.`);
    }
    if (!Number.isFinite(limit) || limit <= 0) {
      throw invalid(`The budget of ${kind} must be a number above 0, not ${limit}.`);
    }
  }
  if (budget.costUsd !== undefined && model.price === undefined) {
    throw new CodeActError(
      "invalid_input",
      `The price of the model ${model.id} is not known, so that its cost can't be limited.`,
      {
        hint: "Write its price into the catalog ~/.config/codeact/models.json, or limit the tokens.",
      },
    );
  }
}

function invalid(message: string): CodeActError {
  return new CodeActError("invalid_input", message);
}

/** What the model is told with its instructions, when more than its turns is limited. */
export function budgetInstructions(budget: Budget): string | undefined {
  const isLimited = kinds.some((kind) => kind !== "turns" && budget[kind] !== undefined);
  return isLimited
    ? "What you may use is limited: in your code, print(budget) shows what is left, such as budget.turns_left and budget.seconds_left."
    : undefined;
}

const names: Readonly<Record<BudgetKind, string>> = {
  turns: "turns",
  executions: "code executions",
  tokens: "tokens",
  costUsd: "money",
  seconds: "time",
};

/** What the model reads when a kind runs low. */
export function lowNotice(kind: BudgetKind): string {
  switch (kind) {
    case "turns":
      return "This is your last turn. Do not run more code: give your final answer now, with what you know.";
    case "executions":
      return "You can run code only once more. Use it well, then give your final answer.";
    default:
      return `The budget of ${names[kind]} is nearly used up. Give your best answer now; run more code only if it cannot be done without.`;
  }
}

/** What the model reads when a kind is used up and its answer is asked for. */
export function exhaustedNotice(kind: BudgetKind): string {
  return `The budget of ${names[kind]} is used up: no more code is run. Give your final answer now in plain words, with what you know.`;
}
