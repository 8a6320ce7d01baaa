import type { Outcome } from "../execution/outcome.ts";
import type { ContentPart, ToolCallDelta, ToolCallPart, ToolDeclaration } from "../models/model.ts";

/** How a model writes its actions and reads what came of them. Pure: no state, no clock, no I/O. */
export interface ActionFormat {
  readonly name: string;
  /** Strings that end an action; the model is asked to stop before them. */
  readonly stop?: readonly string[];
  /** What the model may call through its API; formats without it need only text. */
  readonly tools?: readonly ToolDeclaration[];
  /** The system prompt's part that tells the model how to act. */
  instructions(environment: EnvironmentDescription): string;
  /** A parser for one reply; what it knows of the interpreter helps it to tell calls of its functions. */
  createParser(environment?: EnvironmentDescription): ReplyParser;
  /** What the model reads after its action ran. */
  render(outcome: Outcome, options: RenderOptions): readonly ContentPart[];
}

export interface EnvironmentDescription {
  /** Such as `3.11.2`. */
  readonly pythonVersion?: string;
  /** Third-party packages that can be imported. */
  readonly packages?: readonly string[];
  /** Hosts of the network that code may reach; empty for none. */
  readonly network?: readonly string[];
  /** Names of files that already lie in the working folder. */
  readonly files?: readonly string[];
  /** Functions that are defined in the interpreter for the model to call: tools. */
  readonly functions?: readonly FunctionDescription[];
}

/** A function of the interpreter, as a model reads it. */
export interface FunctionDescription {
  /** As code calls it, such as `search` or `github.create_issue`. */
  readonly name: string;
  /** Parameters and result in Python, such as `(query: str, limit: int = 10) -> list[dict]`. */
  readonly signature: string;
  readonly description: string;
}

export interface RenderOptions {
  /** Characters of text that reach the model; the middle of longer text is left out. */
  readonly maxCharacters: number;
  /** Whether pictures may be part of the content. */
  readonly images: boolean;
}

/** Reads one reply as it streams; accepts it in pieces cut anywhere. */
export interface ReplyParser {
  /** Takes the next piece and returns what it became. */
  push(text: string): readonly ReplySegment[];
  /** Takes the next piece of a tool call. Parsers without it read text only. */
  pushToolCall?(delta: ToolCallDelta): readonly ReplySegment[];
  /** Whether the action is complete: what the model writes after it is not wanted. */
  readonly complete: boolean;
  /** Ends the reply. Never throws. */
  finish(): ParsedReply;
}

/** A piece of a reply, for people who watch: prose or code, without the marks around the code. */
export interface ReplySegment {
  readonly type: "text" | "code";
  readonly text: string;
}

/** A call of one function that a format read; it is run as one line of Python. */
export interface FunctionCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

export type ParsedReply =
  | {
      readonly kind: "action";
      readonly code: string;
      /** The reply up to the end of the action, with a missing closing mark added: what history keeps. */
      readonly text: string;
      /** The call of the model's API that the code came in; it stands after the text. */
      readonly toolCall?: ToolCallPart;
      /** What the code calls, in formats whose actions are calls. */
      readonly call?: FunctionCall;
    }
  | { readonly kind: "answer"; readonly text: string }
  | {
      readonly kind: "malformed";
      /** What is wrong and how to do it right, for the model. */
      readonly reason: string;
      readonly text: string;
      /** The call that could not be understood; history keeps it, answered with the reason. */
      readonly toolCall?: ToolCallPart;
    };
