import type { AgentEvent, RunResult } from "../../agent/events.ts";
import { createMarkdownWriter, type MarkdownWriter } from "./markdown-writer.ts";
import { createWholeCharacters } from "./whole-characters.ts";

/**
 * What a client reads of the work before the answer. `content`: all of it, as Markdown in the message itself.
 * `reasoning`: all of it, in the field for reasoning that chat pages fold away. `answer`: nothing.
 */
export type ShownWork = "content" | "reasoning" | "answer";

/** A piece of the message that the client reads. */
export interface MessagePiece {
  readonly content?: string;
  readonly reasoning?: string;
}

/** Turns what happens in a run into pieces of one message. */
export interface WorkView {
  event(event: AgentEvent): MessagePiece | undefined;
  /** What ends the message when the work waits for the client. */
  pause(): MessagePiece | undefined;
  /** What is still to be said when the run has ended. */
  end(result: RunResult): MessagePiece | undefined;
}

/** Creates a view for one run. */
export function createWorkView(shown: ShownWork): WorkView {
  const writer = createMarkdownWriter();
  const characters = createWholeCharacters();
  return {
    event(event) {
      if (shown === "answer") return undefined;
      const text = characters.add(writeEvent(writer, event));
      return text === "" ? undefined : { [shown]: text };
    },
    pause() {
      const text = writer.close();
      return shown === "answer" || text === "" ? undefined : { [shown]: text };
    },
    end(result) {
      const answer = result.answer ?? result.partialAnswer ?? "";
      if (shown !== "content") {
        return { content: answer.trim() === "" ? noteOf(result) : answer.toWellFormed() };
      }
      const missing = writer.endsWith(answer) ? [] : [answer];
      const rest = [...missing, noteOf(result)].map((part) => writer.prose(part) + writer.close());
      const content = characters.add(rest.join("")) + characters.end();
      return content === "" ? undefined : { content };
    },
  };
}

function noteOf({ status }: RunResult): string {
  switch (status) {
    case "budget":
      return "_The work was stopped: its budget is used up._";
    case "stuck":
      return "_The work was stopped: the model repeated itself._";
    default:
      return "";
  }
}

function writeEvent(writer: MarkdownWriter, event: AgentEvent): string {
  switch (event.type) {
    case "text-delta":
      return writer.prose(event.text);
    case "final-answer":
      return `${writer.close()}${writer.prose(event.text)}`;
    case "code-delta":
      return writer.code(event.text);
    case "cell-start":
      return writer.startCell(event.code);
    case "output":
      return writer.output(event.output);
    case "cell-end":
      return writer.endCell(event.outcome);
    case "turn-end":
      return writer.close();
    default:
      return "";
  }
}
