import type { BudgetMeter } from "./budget.ts";
import type { AgentEvent } from "./events.ts";
import { appendAssistant, appendUser, textPart } from "./history.ts";
import { streamReply } from "./stream-reply.ts";
import type { StreamReplyOptions } from "./stream-reply.ts";
import type { Message } from "../models/model.ts";
import type { TurnRecords } from "./turn-records.ts";

const request =
  "Before you go on, take stock in a few short lines, without any code: what is known, what is left to do, and the next step.";
const goOn = "Go on with the task.";

export interface PlanOptions extends StreamReplyOptions {
  readonly messages: Message[];
  readonly meter: BudgetMeter;
  readonly records: TurnRecords;
}

/**
 * Asks the model where it stands and keeps its words in history. Code in the reply is dropped; a reply that fails or
 * says nothing leaves no trace.
 */
export async function* makePlan(options: PlanOptions): AsyncGenerator<AgentEvent, void, undefined> {
  const { messages, turn, records } = options;
  yield { type: "plan-start", turn };
  const asked = [...messages];
  appendUser(asked, [textPart(request)]);
  const reply = yield* proseOf(streamReply({ ...options, messages: asked }));
  options.meter.spend(reply.usage);
  const failed = reply.finish === "error" || reply.finish === "aborted";
  const text = failed ? "" : reply.prose.trim();
  if (text !== "") {
    appendUser(messages, [textPart(request)]);
    appendAssistant(messages, text);
    records.set(messages.at(-1)!, { kind: "plan" });
    appendUser(messages, [textPart(goOn)]);
  }
  yield { type: "plan-end", turn, text };
}

/** Code in a plan is not run, and so not shown as an action. */
async function* proseOf(events: ReturnType<typeof streamReply>): ReturnType<typeof streamReply> {
  for (;;) {
    const step = await events.next();
    if (step.done === true) return step.value;
    if (step.value.type !== "code-delta") yield step.value;
  }
}
