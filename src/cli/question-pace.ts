import { setImmediate, setTimeout } from "node:timers/promises";
import type { AgentEvent } from "../agent/events.ts";
import type { OnApproval } from "../tools/approvals.ts";
import type { RunView } from "./run-view.ts";

/** Longest wait for the view to come to a question; the calls of sub-agents never come to it. */
const maxLagMs = 100;

/** Keeps a run's view and its questions from writing over each other. */
export interface QuestionPace {
  /** Asks once the view shows all that came before the question. */
  readonly onApproval: OnApproval;
  /** Shows an event, as soon as no question is open. */
  show(event: AgentEvent): Promise<void>;
}

/** Makes the pace of one run's view and of `ask`, which asks on the same terminal. */
export function createQuestionPace(ask: OnApproval, view: Pick<RunView, "event">): QuestionPace {
  const open = new Set<Promise<void>>();
  const arrivals = new Map<string, PromiseWithResolvers<void>>();

  function arrivalOf(id: string): PromiseWithResolvers<void> {
    const arrival = arrivals.get(id) ?? Promise.withResolvers<void>();
    arrivals.set(id, arrival);
    return arrival;
  }

  return {
    async onApproval(request, options) {
      const lag = setTimeout(maxLagMs, undefined, { ref: false });
      await Promise.race([arrivalOf(request.id).promise, lag]);
      arrivals.delete(request.id);
      const over = Promise.withResolvers<void>();
      open.add(over.promise);
      try {
        return await ask(request, options);
      } finally {
        open.delete(over.promise);
        over.resolve();
      }
    },
    async show(event) {
      while (open.size > 0) await Promise.all(open);
      view.event(event);
      if (event.type !== "approval-request") return;
      arrivalOf(event.id).resolve();
      // The question opens before anything else is shown.
      await setImmediate();
    },
  };
}
