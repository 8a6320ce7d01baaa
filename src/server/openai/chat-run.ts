import { createAgent } from "../../agent/agent.ts";
import type { AgentSettings } from "../../agent/agent-options.ts";
import type { AgentEvent, RunResult } from "../../agent/events.ts";
import { appendUser, textPart, type Task } from "../../agent/history.ts";
import { CodeActError } from "../../errors.ts";
import { messageText } from "../../models/model.ts";
import type { ContentPart, Message, MessagePart, Model, ToolCallPart } from "../../models/model.ts";
import type { Conversation } from "../conversations/conversations.ts";
import { answerMessage, type ChatRequest } from "./chat-request.ts";
import { createClientTools } from "./client-tools.ts";
import { createWorkView, type MessagePiece, type ShownWork } from "./work-view.ts";

export interface ChatRunOptions {
  readonly conversation: Conversation;
  readonly model: Model;
  readonly agent: Omit<AgentSettings, "model" | "messages" | "sampling">;
  readonly shown: ShownWork;
}

/** How one answer to the client ended: with the model's answer, or with calls that the code waits for. */
export interface ChatEnd {
  readonly result?: RunResult;
  readonly calls: readonly ToolCallPart[];
  /** The conversation as the client has it now. */
  readonly history: readonly Message[];
}

/** Work on what one message of the user asks; it may take several requests, where code calls tools of the client. */
export interface ChatRun {
  /** Whether it has ended, or was given up. */
  readonly isOver: boolean;
  /** Throws `invalid_input` unless the request has all results that the code waits for. */
  check(request: ChatRequest): void;
  /** Goes on until there is something that the client has to do. Throws what the work failed with. */
  proceed(
    request: ChatRequest,
    signal: AbortSignal,
  ): AsyncGenerator<MessagePiece, ChatEnd, undefined>;
  /** Ends the work and takes back what it did. */
  giveUp(): Promise<void>;
}

/** Starts to work on a request in the interpreter of its conversation. */
export function startChatRun(request: ChatRequest, options: ChatRunOptions): ChatRun {
  const { conversation, model, agent: settings, shown } = options;
  const clientTools = createClientTools(request.tools);
  const stop = new AbortController();
  const agent = createAgent({
    ...settings,
    model,
    session: conversation.session,
    messages: knownMessages(conversation, request.history),
    sampling: request.sampling,
    tools: [...(settings.tools ?? []), ...clientTools.tools],
    ...joinInstructions(settings.instructions, request.instructions),
  });
  const run = agent.run(taskOf(request), {
    signal: stop.signal,
    ...(request.schema && { answer: { schema: request.schema } }),
  });
  const events = run[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<AgentEvent>> | undefined;
  let over: Promise<void> | undefined;
  let hasRunCode = false;
  let goOn = (): void => undefined;

  /** Waits for the next event, or for calls that the client has to answer. */
  async function nextEvent(): Promise<IteratorResult<AgentEvent> | "calls"> {
    next ??= events.next();
    const calls = clientTools.called().then(() => "calls" as const);
    const found = await Promise.race([next, calls]);
    if (found === "calls" && !clientTools.isWaiting) {
      // The code gave them up before the client was told.
      clientTools.takeCalls();
      return await nextEvent();
    }
    if (found !== "calls") next = undefined;
    return found;
  }

  /** Ends the run for good; `keep` says whether what it did stays. */
  function finish(keep?: readonly Message[]): Promise<void> {
    over ??= (async () => {
      goOn();
      stop.abort();
      await run.result.catch(() => undefined);
      await agent.close();
      if (keep === undefined) await conversation.drop();
      else await conversation.keep(keep, agent.messages, hasRunCode);
    })();
    return over;
  }

  async function* proceed(
    request: ChatRequest,
    signal: AbortSignal,
  ): AsyncGenerator<MessagePiece, ChatEnd, undefined> {
    const onAbort = (): void => stop.abort();
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    let isWell = false;
    // A client that asks for data reads nothing else.
    const view = createWorkView(request.schema === undefined ? shown : "answer");
    let content = "";
    const note = (piece: MessagePiece | undefined): void => {
      content += piece?.content ?? "";
    };
    try {
      goOn();
      clientTools.answer(request.results);
      const said = [...request.history, ...request.asked];
      for (;;) {
        const found = await nextEvent();
        if (found === "calls") {
          const calls = clientTools.takeCalls();
          const rest = view.pause();
          note(rest);
          if (rest !== undefined) yield rest;
          said.push(answerMessage(content, calls));
          goOn = conversation.wait(() => finish());
          isWell = true;
          return { calls, history: said };
        }
        if (found.done === true) break;
        hasRunCode ||= found.value.type === "cell-start";
        const piece = view.event(found.value);
        note(piece);
        if (piece !== undefined) yield piece;
      }
      const result = await run.result;
      if (result.error !== undefined) throw result.error;
      if (result.status === "aborted") {
        throw new CodeActError("unexpected", "The request was given up.");
      }
      const rest =
        request.schema !== undefined && "value" in result
          ? { content: JSON.stringify(result.value) }
          : view.end(result);
      note(rest);
      said.push(answerMessage(content));
      await finish(said);
      isWell = true;
      if (rest !== undefined) yield rest;
      return { result, calls: [], history: said };
    } finally {
      signal.removeEventListener("abort", onAbort);
      if (!isWell) await finish();
    }
  }

  return {
    get isOver() {
      return over !== undefined;
    },
    check: ({ results }) => clientTools.check(results),
    proceed,
    giveUp: () => finish(),
  };
}

/**
 * What the agent remembers, then what it only reads of: answers that were edited, given up, or made before their
 * interpreter was closed. The system message is made anew for each request.
 */
function knownMessages({ known, messages }: Conversation, history: readonly Message[]): Message[] {
  const all = messages.filter(({ role }) => role !== "system");
  const unknown = history.slice(known);
  for (const { role, content } of unknown) {
    const parts = content.map(readPart);
    if (role === "user") appendUser(all, parts);
    else if (parts.length > 0) all.push({ role, content: parts.map(withoutDataUrls) });
  }
  const answers = unknown.filter(({ role }) => role === "assistant").length;
  if (answers > 0) appendUser(all, [textPart(stateNotice(known, answers))]);
  return all;
}

/** What the model reads when the interpreter did not live through its latest answers. */
function stateNotice(known: number, answers: number): string {
  if (known === 0) {
    return "The Python interpreter is a fresh one: it has no variables or files of the conversation above.";
  }
  const [which, they] = answers === 1 ? ["answer", "it"] : [`${answers} answers`, "they"];
  return `The Python interpreter is as it was before your last ${which}: nothing that ${they} did is there.`;
}

/** Pictures in the Markdown of earlier answers: to a model they would be many thousands of letters. */
function withoutDataUrls(part: ContentPart): ContentPart {
  if (part.type !== "text") return part;
  return textPart(part.text.replaceAll(/!\[([^[\]\n]*)\]\(data:[^()\s]*\)/g, "[picture: $1]"));
}

/** Calls of the client's tools, and their results, as the agent reads of them when the code that made them is gone. */
function readPart(part: MessagePart): ContentPart {
  switch (part.type) {
    case "tool-call":
      return textPart(`[The code called ${part.name}(${part.arguments})]`);
    case "tool-result":
      return textPart(
        `[Result of the call: ${messageText({ role: "user", content: part.content })}]`,
      );
    default:
      return part;
  }
}

/** What to do; results alone come when the code that waited for them is gone. */
function taskOf({ task, asked }: ChatRequest): Task {
  const hasResults = asked.some(({ content }) =>
    content.some(({ type }) => type === "tool-result"),
  );
  if (!hasResults) return task;
  const read = asked.flatMap(({ content }) => content.map(readPart));
  const texts = read.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return { ...task, text: [lostCallsNotice, ...texts].join("\n\n") };
}

const lostCallsNotice =
  "The code that waited for these results is gone, and what it did is taken back. Go on with the task.";

function joinInstructions(...texts: readonly (string | undefined)[]): {
  readonly instructions?: string;
} {
  const given = texts.filter((text) => text !== undefined);
  return given.length === 0 ? {} : { instructions: given.join("\n\n") };
}
