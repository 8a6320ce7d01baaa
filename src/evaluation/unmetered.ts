import type { AgentEvent } from "../agent/events.ts";
import { createTokenEstimate } from "../agent/token-estimate.ts";
import { addUsage } from "../models/model-price.ts";
import { textMessage, messageText, type Message, type Usage } from "../models/model.ts";
import type { Ending } from "./benchmark.ts";

/** Usage of a whole play, with an estimate of the replies for which the service told none. */
export interface MeteredUsage {
  readonly usage: Usage;
  /** Replies whose tokens are estimated. */
  readonly estimated: number;
}

/**
 * Estimates what the service did not tell. A reply is left as soon as its action is complete, before the service says
 * what it used; without an estimate a format whose replies are left would look cheaper than it is. What the service
 * told of other replies of the same conversation sets the measure.
 */
export function withEstimates(
  { usage, messages }: Pick<Ending, "usage" | "messages">,
  events: readonly AgentEvent[],
): MeteredUsage {
  const turns = events.filter(({ type }) => type === "turn-start").length;
  const replyPlaces = messages
    .flatMap(({ role }, index) => (role === "assistant" ? [index] : []))
    .slice(-turns);
  const ends = events.flatMap((event) => (event.type === "turn-end" ? [event] : []));
  const isUnmetered = (own: Usage): boolean => own.inputTokens + own.outputTokens === 0;
  const estimate = createTokenEstimate();
  for (const { turn, usage: own } of ends) {
    const place = replyPlaces[turn - 1];
    if (place !== undefined) estimate.learn(messages.slice(0, place), own.inputTokens);
  }
  const estimates = ends.flatMap(({ turn, usage: own }) => {
    const place = replyPlaces[turn - 1];
    const reply = place === undefined ? undefined : messages[place];
    if (!isUnmetered(own) || place === undefined || reply === undefined) return [];
    return [{ inputTokens: estimate.of(messages.slice(0, place)), outputTokens: tokensOf(reply) }];
  });
  return { usage: estimates.reduce(addUsage, usage), estimated: estimates.length };
}

/** Of the text alone, without what a message costs around it. */
function tokensOf(reply: Message): number {
  const empty = createTokenEstimate();
  const around = empty.of([textMessage("assistant", "")]);
  return empty.of([textMessage("assistant", messageText(reply))]) - around;
}
