import type { AgentEvent } from "../../agent/events.ts";
import type { CliContext } from "../cli-context.ts";
import type { OutputFolder } from "../output-folder.ts";
import type { Chat, ChosenModel } from "./chat.ts";
import type { ChatView } from "./chat-view.ts";
import type { ConversationFile } from "./conversation-file.ts";
import type { MessageSource } from "./message-source.ts";

/** What the commands of the chat work on. */
export interface ChatShell {
  /** Another one after `/new` and `/resume`. */
  readonly chat: Chat;
  readonly context: CliContext;
  readonly view: ChatView;
  /** Shows what happens in a run, as soon as no question about a call is open. */
  show(event: AgentEvent): Promise<void>;
  readonly source: MessageSource;
  readonly folder: OutputFolder;
  /** Where conversations are kept. */
  readonly data: string;
  readonly pythonVersion: string | undefined;
  /** Sends a message and shows what comes of it. */
  exchange(task: string): Promise<void>;
  /** Goes on with another conversation; `chosen` is its model, the present one when left out. */
  switchTo(file: ConversationFile, chosen?: ChosenModel): Promise<void>;
  resolveModel(spec: string): Promise<ChosenModel>;
  /** Specs of the models that are to be had, looked for once. */
  models(): Promise<readonly string[]>;
  leave(): void;
}

/** A command of the chat, such as `/undo`. */
export interface ChatCommand {
  readonly name: string;
  /** What follows the name, such as `[n]`. */
  readonly argument?: string;
  readonly summary: string;
  /** What it throws as `CodeActError` is shown and the chat goes on. */
  run(shell: ChatShell, argument: string): Promise<void>;
  /** What could stand as its argument. */
  complete?(shell: ChatShell, argument: string): Promise<readonly string[]>;
}
