import type { AgentRun } from "../src/agent/agent.ts";
import type { AgentEvent } from "../src/agent/events.ts";
import type { Model, ModelEvent, ModelRequest } from "../src/models/model.ts";

/** One reply: its events, or a function that makes them. */
export type Reply = readonly ModelEvent[] | ((request: ModelRequest) => AsyncIterable<ModelEvent>);

/** A model that gives these replies in order and keeps what it was asked. */
export function scripted(...replies: Reply[]): Model & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    id: "scripted",
    capabilities: { images: false },
    requests,
    async *stream(request) {
      const reply = replies[requests.length];
      requests.push(request);
      if (reply === undefined) throw new Error("the script is at its end");
      yield* typeof reply === "function" ? reply(request) : reply;
    },
  };
}

/** The events of a reply of text, with 10 tokens in and 2 out. */
export function says(...pieces: string[]): readonly ModelEvent[] {
  return [
    ...pieces.map((text) => ({ type: "text-delta", text }) as const),
    { type: "usage", usage: { inputTokens: 10, outputTokens: 2 } },
    { type: "finish", reason: "stop" },
  ];
}

/** The events of a reply that runs code, with a sentence before it. */
export function runs(code: string, prose = ""): readonly ModelEvent[] {
  return says(`${prose === "" ? "" : `${prose}\n`}<execute>\n${code}\n</execute>`);
}

/** All events of a run, once it is over. */
export async function collect(run: AgentRun): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

/** Times and memory differ from run to run, and printed text may come in any number of pieces. */
export function stable(events: readonly AgentEvent[]): unknown[] {
  const result: unknown[] = [];
  let printed = "";
  for (const [index, event] of events.entries()) {
    const next = events[index + 1];
    if (event.type === "output" && event.output.type === "stream") {
      printed += event.output.text;
      if (next?.type === "output" && next.output.type === "stream") continue;
      result.push({ ...event, output: { ...event.output, text: printed } });
      printed = "";
    } else if (event.type === "cell-end") {
      result.push({ ...event, outcome: event.outcome.status });
    } else {
      result.push(event);
    }
  }
  return result;
}
