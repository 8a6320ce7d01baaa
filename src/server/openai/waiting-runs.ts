import type { Message } from "../../models/model.ts";
import { timerDelay } from "../../timer-delay.ts";
import { historyKeys } from "../conversations/history-key.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatRun } from "./chat-run.ts";

/** Runs whose code waits for results from their client, found by the history that the client will send with them. */
export interface WaitingRuns {
  add(owner: string, history: readonly Message[], run: ChatRun): void;
  /** Takes the run out that waits for the results in a request. Throws `invalid_input` when one is missing. */
  take(owner: string, request: ChatRequest): ChatRun | undefined;
}

/** Makes an empty store; a run that waits longer than `patienceMs` is given up. */
export function createWaitingRuns(patienceMs: number): WaitingRuns {
  const keyOf = (owner: string, history: readonly Message[]): string =>
    historyKeys(owner, history).at(-1) ?? "";
  const waiting = new Map<string, { readonly run: ChatRun; readonly timer: NodeJS.Timeout }>();

  function remove(key: string): ChatRun | undefined {
    const found = waiting.get(key);
    waiting.delete(key);
    clearTimeout(found?.timer);
    return found?.run;
  }

  return {
    add(owner, history, run) {
      const key = keyOf(owner, history);
      const timer = setTimeout(() => void remove(key)?.giveUp(), timerDelay(patienceMs));
      timer.unref();
      waiting.set(key, { run, timer });
    },
    take(owner, request) {
      const key = keyOf(owner, request.history);
      const { run } = waiting.get(key) ?? {};
      if (run?.isOver === false) run.check(request);
      remove(key);
      return run?.isOver === false ? run : undefined;
    },
  };
}
