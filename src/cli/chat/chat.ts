import { adaptMessages } from "../../agent/adapt-messages.ts";
import { createAgent } from "../../agent/agent.ts";
import type { AgentSettings } from "../../agent/agent-options.ts";
import type { Agent } from "../../agent/agent.ts";
import type { AgentEvent } from "../../agent/events.ts";
import { compactEvents } from "../../agent/exchange.ts";
import { appendUser, lostSessionNotice, textPart } from "../../agent/history.ts";
import { describeRestored } from "../../agent/saved-variables.ts";
import { CodeActError, isCodeActError } from "../../errors.ts";
import type { OpenOptions, Runtime } from "../../execution/runtime.ts";
import type { Checkpoint, Session } from "../../execution/session.ts";
import type { Message, Model } from "../../models/model.ts";
import { plainError } from "../report-error.ts";
import type { ConversationFile } from "./conversation-file.ts";
import { messagesRecord } from "./conversation-state.ts";
import type { ConversationState, Snapshot } from "./conversation-state.ts";
import { createSnapshots, restoreSnapshot } from "./snapshot.ts";
import type { RestoredSnapshot, Snapshots } from "./snapshot.ts";

/** Names that a sentence for the user lists. */
const maxNames = 12;

export interface ChatOptions {
  readonly runtime: Runtime;
  readonly limits?: OpenOptions["limits"];
  readonly network?: OpenOptions["network"];
  /** What every exchange's agent is made of, but for the model and the messages. */
  readonly settings: Omit<AgentSettings, "model" | "messages">;
  /** Receives sentences for the user: what could not be kept or brought back. */
  readonly onNotice: (notice: string) => void;
}

/** A model and how the user named it. */
export interface ChosenModel {
  readonly model: Model;
  readonly spec?: string;
}

/** A conversation that is going on: its file, its session, and the way back. Whoever opens it closes it. */
export interface Chat extends AsyncDisposable {
  readonly id: string;
  readonly state: ConversationState;
  readonly session: Session;
  readonly model: Model;
  /** Has the model work on a message. To be read to its end. */
  send(task: string, signal: AbortSignal): AsyncIterable<AgentEvent>;
  /** Goes back to the moment before the last `count` exchanges, with messages, variables and files; returns the first of them. */
  undo(count: number): Promise<Undone>;
  /** Lets another model go on with the conversation. */
  useModel(chosen: ChosenModel): void;
  /** Puts a file into the workspace and tells the model. */
  addFile(path: string, data: Uint8Array): Promise<void>;
  /** Resolves when all that happened is on disk. */
  saved(): Promise<void>;
  close(): Promise<void>;
}

/** What going back came to. */
export interface Undone {
  readonly task: string;
  /** Set when the interpreter had to be replaced by a fresh one. */
  readonly restored?: RestoredSnapshot;
}

/** A chat, and what came back of an earlier session of its conversation. */
export interface OpenedChat {
  readonly chat: Chat;
  readonly restored?: RestoredSnapshot;
}

/** Opens a session for the conversation in `file`, which it then owns, and goes on where that ended. */
export async function openChat(
  file: ConversationFile,
  chosen: ChosenModel,
  options: ChatOptions,
  signal?: AbortSignal,
): Promise<OpenedChat> {
  const { runtime, onNotice } = options;
  let { model } = chosen;
  const checkpoints = new Map<number, Checkpoint>();
  let session: Session;
  let snapshots: Snapshots;
  let saving: Promise<void> = Promise.resolve();
  /** Holds the messages as they are in the file; made anew when they changed without it. */
  let agent: Agent | undefined;

  await openSession();
  setModel(chosen);
  const isResumed = file.state.exchanges.length > 0;
  const restored = isResumed ? await comeBack(file.state.snapshot) : undefined;
  if (!isResumed) saveInBackground(false);

  async function openSession(): Promise<void> {
    agent = undefined;
    checkpoints.clear();
    session = await runtime.open({
      ...(options.limits && { limits: options.limits }),
      ...(options.network && { network: options.network }),
      ...(signal && { signal }),
    });
    snapshots = createSnapshots(session, file, onNotice);
  }

  /** Brings a snapshot back in the fresh session and tells the model what it has. */
  async function comeBack(snapshot: Snapshot | undefined): Promise<RestoredSnapshot> {
    const back = await restoreSnapshot(session, file, snapshot);
    if (back.variables) tellModel(describeRestored(back.variables));
    else if (back.lostVariables) tellModel(`${lostSessionNotice} The files are as they were.`);
    if (back.missingFiles.length > 0) {
      tellModel(`These files are gone: ${back.missingFiles.join(", ")}.`);
    }
    return back;
  }

  function setModel(next: ChosenModel): void {
    const { spec } = next;
    const isSame = file.state.modelId === next.model.id && file.state.modelSpec === spec;
    ({ model } = next);
    if (isSame) return;
    agent = undefined;
    file.append({ type: "model", modelId: model.id, ...(spec !== undefined && { spec }) });
    // The next run makes a system message that suits the model.
    const [first, ...rest] = file.state.messages;
    const said = first?.role === "system" ? rest : file.state.messages;
    record(adaptMessages(said, model.capabilities));
  }

  function record(messages: readonly Message[]): void {
    const change = messagesRecord(file.state.messages, messages);
    if (change !== undefined) file.append(change);
  }

  function tellModel(text: string): void {
    const messages = [...file.state.messages];
    appendUser(messages, [textPart(text)]);
    record(messages);
    agent = undefined;
  }

  function saveInBackground(withVariables: boolean): void {
    const [current, taker] = [session, snapshots];
    saving = saving.then(async () => {
      if (current !== session) return;
      try {
        const snapshot = await taker.take(withVariables, file.state.snapshot);
        file.append({ type: "snapshot", snapshot });
      } catch (error) {
        if (!isCodeActError(error)) throw error;
        onNotice(`The files and variables could not be kept: ${error.message}`);
      }
    });
    // Whoever waits for it is told; until then a rejection must not count as unhandled.
    saving.catch(() => {});
  }

  async function* send(task: string, runSignal: AbortSignal): AsyncGenerator<AgentEvent> {
    await saving;
    const index = file.state.exchanges.length;
    const checkpoint = await session.checkpoint?.().catch(() => undefined);
    if (checkpoint !== undefined) checkpoints.set(index, checkpoint);
    file.append({ type: "task", atMs: Date.now(), task });
    agent ??= createAgent({ ...options.settings, model, session, messages: file.state.messages });
    let events: AgentEvent[] = [];
    let ranCode = false;
    let fault: CodeActError | undefined;
    for await (const event of agent.run(task, { signal: runSignal })) {
      events.push(storable(event));
      ranCode ||= event.type === "cell-start";
      if (event.type === "run-end") fault = event.result.error;
      if (event.type === "turn-end" || event.type === "run-end") {
        file.append({ type: "events", events: [...compactEvents(events)] });
        events = [];
        record(agent.messages);
      }
      yield event;
    }
    if (isLost(fault)) await replaceSession();
    else saveInBackground(ranCode);
  }

  async function replaceSession(): Promise<void> {
    await session.close().catch(() => undefined);
    await openSession();
    const back = await comeBack(file.state.snapshot);
    onNotice(`The interpreter was lost and replaced. ${summarize(back)}`);
  }

  async function undo(count: number): Promise<Undone> {
    const index = file.state.exchanges.length - count;
    const exchange = file.state.exchanges[index];
    if (exchange === undefined) {
      throw new CodeActError("invalid_input", "There is nothing to go back to.", {
        hint: `Messages of yours in the conversation: ${file.state.exchanges.length}.`,
      });
    }
    await saving;
    const checkpoint = checkpoints.get(index);
    const wentBack = checkpoint !== undefined && (await goBack(checkpoint));
    let restored: RestoredSnapshot | undefined;
    if (!wentBack) {
      await session.close().catch(() => undefined);
      await openSession();
    }
    file.append({ type: "rewind", exchanges: index });
    agent = undefined;
    if (!wentBack) restored = await comeBack(exchange.snapshotBefore);
    for (const later of checkpoints.keys()) if (later > index) checkpoints.delete(later);
    return { task: exchange.task, ...(restored && { restored }) };
  }

  async function goBack(checkpoint: Checkpoint): Promise<boolean> {
    try {
      await session.restore?.(checkpoint);
      return session.restore !== undefined;
    } catch (error) {
      if (!isCodeActError(error)) throw error;
      return false;
    }
  }

  async function close(): Promise<void> {
    await saving.catch(() => undefined);
    await session.close().catch(() => undefined);
    file[Symbol.dispose]();
  }

  const chat: Chat = {
    id: file.id,
    get state() {
      return file.state;
    },
    get session() {
      return session;
    },
    get model() {
      return model;
    },
    send,
    undo,
    useModel: setModel,
    async addFile(path, data) {
      await saving;
      await session.files?.write(path, data);
      if (file.state.exchanges.length > 0) {
        tellModel(`The user put a file into the working folder: ${path}`);
      }
      saveInBackground(false);
    },
    saved: async () => await saving,
    close,
    [Symbol.asyncDispose]: close,
  };
  return { chat, ...(restored && { restored }) };
}

/** One sentence on what came back in a fresh interpreter. */
export function summarize({ variables, lostVariables, missingFiles }: RestoredSnapshot): string {
  const back = [...(variables?.values ?? []), ...(variables?.definitions ?? [])];
  const missing = variables?.missing ?? [];
  const parts = [
    lostVariables
      ? "The variables are lost."
      : `Variables that are back: ${back.length === 0 ? "none" : listed(back)}.`,
    missing.length > 0
      ? `Not back: ${missing.map(({ name, reason }) => `${name} (${reason})`).join(", ")}.`
      : undefined,
    missingFiles.length > 0 ? `Files that are gone: ${missingFiles.join(", ")}.` : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

function listed(names: readonly string[]): string {
  const more = names.length - maxNames;
  return `${names.slice(0, maxNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Errors keep their message only as plain data. */
function storable(event: AgentEvent): AgentEvent {
  if (event.type !== "run-end" || event.result.error === undefined) return event;
  const error = plainError(event.result.error) as unknown as CodeActError;
  return { ...event, result: { ...event.result, error } };
}

function isLost(fault: CodeActError | undefined): boolean {
  return ["session_closed", "backend_lost", "protocol_violation"].some(
    (code) => fault?.code === code,
  );
}
