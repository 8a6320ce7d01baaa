import type { Agent } from "../agent/agent.ts";
import type { AgentEvent } from "../agent/events.ts";
import type { Usage } from "../models/model.ts";
import { addUsage } from "../models/model-price.ts";
import type { Asked } from "./ask-model.ts";

/**
 * Asks an agent one thing after the other in one conversation, until it fails to answer. Turns are counted through.
 * Never throws for what the model does.
 */
export async function* askAgent(
  agent: Agent,
  questions: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, Asked, undefined> {
  const replies: string[] = [];
  let turns = 0;
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  for (const question of questions) {
    const run = agent.run(question, { signal });
    for await (const event of run) {
      yield "turn" in event ? { ...event, turn: event.turn + turns } : event;
    }
    const { answer, status, error, ...result } = await run.result;
    turns += result.turns;
    usage = addUsage(usage, result.usage);
    const asked = { replies, turns, usage, messages: agent.messages };
    if (answer === undefined) return { ...asked, fault: { status, ...(error && { error }) } };
    replies.push(answer);
  }
  return { replies, turns, usage, messages: agent.messages };
}
