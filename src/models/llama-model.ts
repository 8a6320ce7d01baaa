import { open as openFile } from "node:fs/promises";
import { basename } from "node:path";
import { CodeActError } from "../errors.ts";
import { fileError } from "./file-error.ts";
import type { ImportPackage } from "./import-package.ts";
import {
  loadLlamaBinding,
  startLlama,
  type ChatItem,
  type Llama,
  type LlamaBinding,
  type LlamaChat,
  type LoadedModel,
  type TokenMeterState,
} from "./llama-binding.ts";
import type { FinishReason, Message, MessagePart, Model, ModelRequest, Usage } from "./model.ts";
import { createStopFilter } from "./stop-strings.ts";
import { createStreamingModel, type ReplyPiece } from "./streaming-model.ts";

export interface LlamaModelOptions {
  /** The GGUF file. */
  readonly path: string;
  /** Default: the file's name without its ending. */
  readonly id?: string;
  /** Size of the context. Default: the model's own, at most 32,768 and what fits into memory. */
  readonly contextTokens?: number;
  /** Used when a request sets none. Default: 0, always the likeliest token. */
  readonly temperature?: number;
  /** How messages become a prompt, such as `chatML` or `llama3`. Default: the template of the file. */
  readonly chatTemplate?: string;
  /** Loads node-llama-cpp. Default: `import`. */
  readonly importPackage?: ImportPackage;
}

/** A model that runs in this process until it is disposed. */
export interface LlamaModel extends Model, AsyncDisposable {
  /** How messages become a prompt, such as `ChatML`. */
  readonly chatTemplate: string;
}

/** Of a prompt, in which the reply still has room. */
const fewestReplyTokens = 16;
const usualContextTokens = 32_768;
/** As long as a timer can wait: a slow machine reads a long prompt for many minutes. */
const noTimeoutMs = 2_147_483_647;

/**
 * Loads a GGUF file with node-llama-cpp and answers in this process, one request after another. What the model
 * thinks in marked parts is not part of its text. Rejects with `model_not_configured` without the package,
 * `file_not_found`, `permission_denied`, or `invalid_input` for a file that is no model or does not fit.
 */
export async function createLlamaModel(options: LlamaModelOptions): Promise<LlamaModel> {
  const { path, id = basename(path, ".gguf") } = options;
  await checkFile(path);
  const binding = await loadLlamaBinding(`llama:${path}`, options.importPackage);
  const llama = await startLlama(binding);
  try {
    return serve(await load(binding, llama, options), llama, id, options);
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

interface Loaded {
  readonly model: LoadedModel;
  readonly chat: LlamaChat;
  readonly contextTokens: number;
  readonly meter: () => TokenMeterState;
}

async function load(
  binding: LlamaBinding,
  llama: Llama,
  { path, contextTokens, chatTemplate }: LlamaModelOptions,
): Promise<Loaded> {
  try {
    const model = await llama.loadModel({ modelPath: path });
    const context = await model.createContext({
      contextSize: contextTokens ?? { max: usualContextTokens },
    });
    const contextSequence = context.getSequence();
    const chatWrapper =
      chatTemplate === undefined
        ? undefined
        : binding.resolveChatWrapper(model, { type: chatTemplate });
    return {
      model,
      chat: new binding.LlamaChat({ contextSequence, ...(chatWrapper && { chatWrapper }) }),
      contextTokens: context.contextSize,
      meter: () => contextSequence.tokenMeter.getState(),
    };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.replace(/\.?$/, ".") : "";
    throw new CodeActError("invalid_input", `The model ${path} cannot be loaded: ${said}`, {
      hint: "Check that the file is whole, or take a smaller model or context.",
      cause,
    });
  }
}

function serve(loaded: Loaded, llama: Llama, id: string, options: LlamaModelOptions): LlamaModel {
  const { model, chat, contextTokens, meter } = loaded;
  /** Resolves when the request before is over: there is one context. */
  let queue: Promise<unknown> = Promise.resolve();

  async function* open(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ReplyPiece> {
    const before = queue;
    const { promise, resolve } = Promise.withResolvers<void>();
    queue = promise;
    const stop = new AbortController();
    let generation: Promise<unknown> | undefined;
    try {
      await before;
      if (signal.aborted) return;
      const history = historyOf(request.messages);
      const prompt = chat.chatWrapper.generateContextState({ chatHistory: history });
      const promptTokens = prompt.contextText.tokenize(model.tokenizer).length;
      const room = contextTokens - promptTokens - fewestReplyTokens;
      if (room <= 0) throw tooLong(promptTokens);
      const used = meter();
      const texts = textQueue();
      const running = chat
        .generateResponse(history, {
          onTextChunk: texts.push,
          signal: AbortSignal.any([signal, stop.signal]),
          stopOnAbortSignal: true,
          maxTokens: Math.min(request.maxOutputTokens ?? room, room),
          temperature: request.temperature ?? options.temperature ?? 0,
          // Code repeats itself for good reasons.
          repeatPenalty: false,
          contextShift: { size: 1 },
        })
        .finally(texts.end);
      generation = running.catch(() => undefined);
      // Stopped here, so that the reply still tells its usage.
      const filter = createStopFilter(request.stop ?? []);
      for await (const piece of texts.read()) {
        yield { text: filter.push(piece) };
        if (filter.stopped) stop.abort();
      }
      yield { text: filter.flush() };
      const { metadata } = await running;
      const finishReason = filter.stopped ? "stop" : finishReasonOf(metadata.stopReason);
      yield {
        usage: usageOf(promptTokens, used, meter()),
        ...(finishReason !== undefined && { finishReason }),
      };
    } finally {
      stop.abort();
      void Promise.resolve(generation).then(() => resolve());
    }
  }

  function tooLong(promptTokens: number): CodeActError {
    return new CodeActError(
      "model_context_exceeded",
      `The conversation is too long for ${id}: ${promptTokens} tokens of ${contextTokens}.`,
      { hint: "Shorten the conversation, or load the model with a larger context." },
    );
  }

  const streaming = createStreamingModel(
    {
      id,
      place: "in this process",
      provider: "llama.cpp",
      capabilities: { images: false, contextTokens, toolCalls: false },
    },
    {
      open,
      isTransient: () => false,
      toError: (cause) =>
        cause instanceof CodeActError
          ? cause
          : new CodeActError("model_failed", `${id} failed: ${String(cause)}.`, {
              hint: "Try again, or take another model.",
              cause,
            }),
    },
    { firstByteTimeoutMs: noTimeoutMs, idleTimeoutMs: noTimeoutMs, maxRetries: 0 },
  );
  return {
    ...streaming,
    chatTemplate: chat.chatWrapper.wrapperName,
    async [Symbol.asyncDispose]() {
      await queue;
      await llama.dispose();
    },
  };
}

function finishReasonOf(stopReason: string): FinishReason | undefined {
  if (stopReason === "abort") return undefined;
  return stopReason === "maxTokens" ? "length" : "stop";
}

/** What was in the context already was not read again. llama.cpp counts the prompt's last token as output. */
function usageOf(inputTokens: number, before: TokenMeterState, after: TokenMeterState): Usage {
  const read = after.usedInputTokens - before.usedInputTokens + 1;
  const cached = Math.max(inputTokens - read, 0);
  return {
    inputTokens,
    outputTokens: after.usedOutputTokens - before.usedOutputTokens,
    ...(cached > 0 && { cachedInputTokens: cached }),
  };
}

/** Ends with the reply to be written; neighbours of one role become one message. */
function historyOf(messages: readonly Message[]): readonly ChatItem[] {
  const items: ChatItem[] = messages.map(({ role, content }) =>
    role === "assistant"
      ? { type: "model", response: [plainText(content)] }
      : { type: role, text: plainText(content) },
  );
  return [...items, { type: "model", response: [] }];
}

/** Calls of other models and their results stay readable. */
function plainText(content: readonly MessagePart[]): string {
  return content
    .map((part): string => {
      if (part.type === "text") return part.text;
      if (part.type === "tool-call") return part.arguments;
      return part.type === "tool-result" ? plainText(part.content) : "";
    })
    .filter((text) => text !== "")
    .join("\n");
}

/** Texts that are pushed on one side and read on the other. */
function textQueue() {
  const texts: string[] = [];
  let change = Promise.withResolvers<void>();
  let ended = false;
  const announce = () => {
    change.resolve();
    change = Promise.withResolvers<void>();
  };
  return {
    push(text: string) {
      texts.push(text);
      announce();
    },
    end() {
      ended = true;
      announce();
    },
    async *read(): AsyncGenerator<string> {
      for (;;) {
        const { promise } = change;
        while (texts.length > 0) yield texts.shift() as string;
        if (ended) return;
        await promise;
      }
    },
  };
}

/** The package waits forever on some files that only look like a model. */
async function checkFile(path: string): Promise<void> {
  const head = Buffer.alloc(8);
  try {
    await using file = await openFile(path);
    await file.read(head, 0, 8, 0);
  } catch (error) {
    throw fileError(error, path, "model");
  }
  const isGguf = head.toString("latin1", 0, 4) === "GGUF";
  if (!isGguf || ![2, 3].includes(head.readUInt32LE(4))) {
    const what = isGguf ? "has a version of GGUF that is not supported" : "is not a GGUF file";
    throw new CodeActError("invalid_input", `The file ${path} ${what}.`, {
      hint: "Name a model in llama.cpp's format, which ends in .gguf.",
    });
  }
}
