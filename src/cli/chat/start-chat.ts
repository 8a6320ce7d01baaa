import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { AgentSettings } from "../../agent/agent-options.ts";
import type { CallsSettings } from "../../agent/calls/calls.ts";
import type { OpenOptions } from "../../execution/runtime.ts";
import type { ApprovalDecision, ApprovalRequest } from "../../tools/approvals.ts";
import { askApproval, createApprovalPrompt, createApprovalQueue } from "../approval-prompt.ts";
import type { CliContext } from "../cli-context.ts";
import { createOutputFolder } from "../output-folder.ts";
import { createQuestionPace } from "../question-pace.ts";
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

export interface StartOptions extends RuntimeChoice {
  readonly data: string;
  readonly inputs: readonly InputFile[];
  readonly limits?: OpenOptions["limits"];
  readonly settings: Omit<
    AgentSettings,
    "model" | "messages" | "environment" | "onInput" | "onApproval"
  >;
  readonly out?: string;
  readonly calls?: CallsSettings;
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
  const leaving: Leaving = { isLeaving: false, exitCode: 0 };
  try {
    await talk(file, chosen, options, context, leaving);
  } catch (error) {
    // What is given up on the way in is no fault.
    if (!leaving.isLeaving) throw error;
  }
  return leaving.exitCode;
}

async function talk(
  file: ConversationFile,
  chosen: ChosenModel,
  options: StartOptions,
  context: CliContext,
  leaving: Leaving,
): Promise<void> {
  const { stdin, stdout, stderr, cwd } = context;
  const folder = createOutputFolder(
    { cwd, ...(options.out !== undefined && { asked: options.out }) },
    (notice) => stderr.write(`codeact: ${notice}\n`),
  );
  using view = createChatView(context, folder);
  const isTerminal = "isTTY" in stdin && stdin.isTTY === true && stdout.isTTY === true;
  const starting = new AbortController();
  // The terminal is taken first, so that what is typed meanwhile waits for the prompt.
  using source = isTerminal
    ? createTerminalSource(context, openInputHistory(join(options.data, "chat-history")), (typed) =>
        completeInput(shell, typed),
      )
    : createPipeSource(stdin, (message) => {
        const lines = message.split("\n").join("\n· ");
        view.stream.write(`${styled("bold", `› ${lines}`, view.stream)}\n`);
      });
  source.onInterrupt = () => stop("SIGINT");
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of signals) process.on(name, stop);
  using _signals = {
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, stop);
    },
  };

  const { runtime, python, environment, network } = await chooseRuntime(
    options,
    context,
    starting.signal,
  );
  const { calls } = options;
  const pace = createQuestionPace(
    isTerminal ? createApprovalQueue(askPerson) : createApprovalPrompt(context),
    view,
  );
  view.waiting("starting Python");
  await using _runtime = runtime;
  const chatOptions: ChatOptions = {
    runtime,
    ...(options.limits && { limits: options.limits }),
    ...(network && { network }),
    settings: {
      ...options.settings,
      ...(calls && { calls: { ...calls, agent: calls.agent === true && { runtime } } }),
      environment,
      onInput: answerInput,
      onApproval: pace.onApproval,
    },
    onNotice: view.note,
  };
  const opened = await openChat(file, chosen, chatOptions, starting.signal);
  let { chat } = opened;
  for (const { name, data } of options.inputs) await chat.addFile(name, data);

  /** Lets the user answer `input()` of the code; Ctrl-C there interrupts the code. */
  async function answerInput(
    prompt: string,
    { password }: { readonly password: boolean },
  ): Promise<string | undefined> {
    // What was printed before the question is shown before it.
    await setImmediate();
    view.pause();
    const result = await source.ask(prompt, password);
    if (result.type === "interrupt") source.onInterrupt?.();
    return result.type === "line" ? result.text : undefined;
  }

  /** Asks about a call of a tool; without an answer it is refused. */
  async function askPerson(
    request: ApprovalRequest,
    signal: AbortSignal,
  ): Promise<ApprovalDecision> {
    view.pause();
    const withdraw = (): void => source.withdraw();
    signal.addEventListener("abort", withdraw, { once: true });
    try {
      return await askApproval(request, {
        stream: view.stream,
        async question(prompt, initial) {
          const result = await source.ask(prompt, false, initial);
          if (result.type === "interrupt") source.onInterrupt?.();
          return result.type === "line" ? result.text : "no";
        },
      });
    } finally {
      signal.removeEventListener("abort", withdraw);
    }
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
    show: pace.show,
    source,
    folder,
    data: options.data,
    pythonVersion: python.version,
    async exchange(task) {
      const code = await runExchange(shell, task);
      if (!isTerminal) leaving.exitCode ||= code;
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
    if (starting.signal.aborted) return;
    starting.abort();
    source.onInterrupt?.();
    source[Symbol.dispose]();
    stdin.destroy();
  }

  try {
    if (isTerminal) banner();
    greet(opened);
    source.onInterrupt = undefined;
    await runChatLoop(shell, leaving);
    view.pause();
    await chat.saved();
    if (isTerminal) goodbye();
  } finally {
    await chat.close();
  }

  function banner(): void {
    const where = options.runtime === "bare" ? "without isolation" : "sandboxed";
    view.pause();
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

/** Specs of all models that keys and local servers offer. */
async function findModels({ env, fetch }: CliContext): Promise<readonly string[]> {
  const { discoverModels } = await import("../../models/discover-models.ts");
  const found = await discoverModels({ env, fetch });
  return found.flatMap(({ provider, models }) => models.map((model) => `${provider}/${model}`));
}
