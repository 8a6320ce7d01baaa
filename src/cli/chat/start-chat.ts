import { join } from "node:path";
import type { AgentSettings } from "../../agent/agent.ts";
import type { OpenOptions } from "../../execution/runtime.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { createOutputFolder } from "../output-folder.ts";
import { chooseRuntime } from "../runtime-choice.ts";
import type { RuntimeChoice } from "../runtime-choice.ts";
import { openInputHistory } from "../terminal/input-history.ts";
import { styled } from "../terminal/terminal-text.ts";
import type { InputFile } from "../workspace-files.ts";
import { runChatLoop, runExchange } from "./chat-loop.ts";
import type { Leaving } from "./chat-loop.ts";
import { openChat, summarize } from "./chat.ts";
import type { Chat, ChatOptions, ChosenModel, OpenedChat } from "./chat.ts";
import type { ChatShell } from "./chat-shell.ts";
import { count, createChatView } from "./chat-view.ts";
import { completeInput } from "./commands/all-commands.ts";
import { titleOf } from "./conversation-file.ts";
import type { ConversationFile } from "./conversation-file.ts";
import { createPipeSource, createTerminalSource } from "./message-source.ts";
import type { MessageSource } from "./message-source.ts";

export interface StartOptions extends RuntimeChoice {
  readonly data: string;
  readonly inputs: readonly InputFile[];
  readonly limits?: OpenOptions["limits"];
  readonly settings: Omit<AgentSettings, "model" | "messages" | "environment" | "onInput">;
  readonly out?: string;
  /** Turns what the user wrote into a model; without a spec, the default one. */
  readonly resolve: (spec: string | undefined) => Promise<ChosenModel>;
}

/** Opens the conversation in `file` and talks until the user leaves; returns the exit code. */
export async function startChat(
  file: ConversationFile,
  chosen: ChosenModel,
  options: StartOptions,
  context: CliContext,
): Promise<number> {
  const { stdin, stdout, stderr, cwd } = context;
  const folder = createOutputFolder(
    { cwd, ...(options.out !== undefined && { asked: options.out }) },
    (notice) => stderr.write(`codeact: ${notice}\n`),
  );
  using view = createChatView(context, folder);
  const leaving: Leaving = { isLeaving: false, exitCode: 0 };
  let source: MessageSource | undefined;

  using starting = watchInterrupts(() => {});
  const { runtime, python, environment } = await chooseRuntime(options, context, starting.signal);
  await using _runtime = runtime;
  const chatOptions: ChatOptions = {
    runtime,
    ...(options.limits && { limits: options.limits }),
    settings: { ...options.settings, environment, onInput: answerInput },
    onNotice: view.note,
  };
  const opened = await openChat(file, chosen, chatOptions, starting.signal);
  starting[Symbol.dispose]();
  let { chat } = opened;
  for (const { name, data } of options.inputs) await chat.addFile(name, data);

  /** Lets the user answer `input()` of the code; Ctrl-C there interrupts the code. */
  async function answerInput(
    prompt: string,
    { password }: { readonly password: boolean },
  ): Promise<string | undefined> {
    view.pause();
    const result = await source?.ask(prompt, password);
    if (result?.type === "interrupt") source?.onInterrupt?.();
    return result?.type === "line" ? result.text : undefined;
  }

  async function switchTo(next: ConversationFile, model?: ChosenModel): Promise<void> {
    const spec = next.state.modelSpec;
    const wanted =
      model ??
      (spec === undefined || next.state.exchanges.length === 0
        ? { model: chat.model, ...specOf(chat) }
        : await options.resolve(spec));
    const other = await openChat(next, wanted, chatOptions);
    await chat.close();
    ({ chat } = other);
    greet(other);
  }

  function greet({ chat: { state, model }, restored }: OpenedChat): void {
    const { exchanges } = state;
    if (exchanges.length === 0) return;
    view.note(
      `“${titleOf(exchanges[0]?.task)}” goes on: ${count(exchanges.length, "message")} of yours, ${model.id}.`,
    );
    if (restored !== undefined) view.note(summarize(restored));
  }

  let models: Promise<readonly string[]> | undefined;
  const shell: ChatShell = {
    get chat() {
      return chat;
    },
    context,
    view,
    get source() {
      return source as MessageSource;
    },
    folder,
    data: options.data,
    pythonVersion: python.version,
    async exchange(task) {
      const code = await runExchange(shell, task);
      if (!shell.source.isInteractive) leaving.exitCode ||= code;
    },
    switchTo,
    resolveModel: options.resolve,
    models: () => (models ??= findModels(context)),
    leave() {
      leaving.isLeaving = true;
    },
  };

  function stop(name: NodeJS.Signals): void {
    leaving.exitCode = name === "SIGINT" ? 130 : name === "SIGHUP" ? 129 : 143;
    leaving.isLeaving = true;
    source?.onInterrupt?.();
    source?.[Symbol.dispose]();
    stdin.destroy();
  }
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of signals) process.on(name, stop);
  try {
    const isTerminal = "isTTY" in stdin && stdin.isTTY === true && stdout.isTTY === true;
    if (isTerminal) banner();
    greet(opened);
    source = isTerminal
      ? createTerminalSource(
          context,
          openInputHistory(join(options.data, "chat-history")),
          (typed) => completeInput(shell, typed),
        )
      : createPipeSource(stdin, (message) => {
          const lines = message.split("\n").join("\n· ");
          view.stream.write(`${styled("bold", `› ${lines}`, view.stream)}\n`);
        });
    await runChatLoop(shell, leaving);
    view.pause();
    await chat.saved();
    if (isTerminal) goodbye();
  } finally {
    for (const name of signals) process.off(name, stop);
    source?.[Symbol.dispose]();
    await chat.close();
  }
  return leaving.exitCode;

  function banner(): void {
    const where = options.runtime === "bare" ? "without isolation" : "sandboxed";
    stdout.write(
      `${styled("bold", "codeact", stdout)} ${styled("dim", `· ${chat.model.id} · Python ${python.version}, ${where} · /help`, stdout)}\n`,
    );
  }

  function goodbye(): void {
    if (chat.state.exchanges.length === 0) return;
    view.note(`Go on with: codeact chat --resume ${chat.id}`);
  }
}

function specOf({ state }: Chat): { readonly spec?: string } {
  return state.modelSpec === undefined ? {} : { spec: state.modelSpec };
}

async function findModels({ env, fetch }: CliContext): Promise<readonly string[]> {
  const { discoverModels } = await import("../../models/discover-models.ts");
  const found = await discoverModels({ env, fetch });
  return found.flatMap(({ provider, models }) => models.map((model) => `${provider}/${model}`));
}
