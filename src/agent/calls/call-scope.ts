import type { Session } from "../../execution/session.ts";
import type { BudgetMeter } from "../budget.ts";

/** The run whose code calls back, and what calls may use of its budget. */
export interface CallScope {
  readonly session: Session;
  /** The run's meter. Throws a sentence for the model when its budget is used up. */
  meter(): BudgetMeter;
  /**
   * Sets a part of what is left aside for a call, so that calls side by side can't use it twice. Throws a sentence
   * when nothing is left.
   */
  reserve(share: number): Reservation;
}

/** What one call may use; absent where there is no limit. Whoever made it releases it. */
export interface Reservation {
  readonly tokens?: number;
  readonly costUsd?: number;
  readonly seconds?: number;
  readonly executions?: number;
  release(): void;
}

/** A scope that is filled in when a session is there and a run starts. */
export interface MutableCallScope extends CallScope {
  enter(session: Session): void;
  start(meter: BudgetMeter): void;
}

const kinds = ["tokens", "costUsd", "executions"] as const;

/** Makes the scope of one agent. */
export function createCallScope(): MutableCallScope {
  let session: Session | undefined;
  let meter: BudgetMeter | undefined;
  let reservations = new Set<Reservation>();

  function running(): BudgetMeter {
    if (meter === undefined) throw new Error("no run is going on");
    const exhausted = meter.exhausted();
    if (exhausted !== undefined) throw new Error(`the budget (${exhausted}) is used up`);
    return meter;
  }

  return {
    get session() {
      if (session === undefined) throw new Error("there is no session");
      return session;
    },
    meter: running,
    reserve(share) {
      const left = running().left();
      const amounts: Partial<Record<(typeof kinds)[number] | "seconds", number>> = {};
      for (const kind of kinds) {
        const state = left[kind];
        if (state === undefined) continue;
        const taken = [...reservations].reduce((sum, other) => sum + (other[kind] ?? 0), 0);
        const available = (state.left - taken) * share;
        const amount = kind === "costUsd" ? available : Math.floor(available);
        if (amount <= 0) throw new Error(`too little of the budget (${kind}) is left`);
        amounts[kind] = amount;
      }
      if (left.seconds !== undefined) amounts.seconds = left.seconds.left;
      const mine = reservations;
      const reservation: Reservation = { ...amounts, release: () => void mine.delete(reservation) };
      mine.add(reservation);
      return reservation;
    },
    enter(entered) {
      session = entered;
    },
    start(started) {
      meter = started;
      reservations = new Set();
    },
  };
}
