import { availableParallelism } from "node:os";
import { CodeActError } from "../errors.ts";
import { importOptional, type ImportPackage } from "./import-package.ts";

/** The part of the package node-llama-cpp that is used; the package need not be there. */
export interface LlamaBinding {
  getLlama(options: object): Promise<Llama>;
  readonly LlamaChat: new (options: {
    readonly contextSequence: LlamaSequence;
    readonly chatWrapper?: ChatWrapper;
  }) => LlamaChat;
  resolveChatWrapper(model: LoadedModel, options: { readonly type: string }): ChatWrapper;
}

export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LoadedModel>;
  dispose(): Promise<void>;
}

export interface LoadedModel {
  readonly tokenizer: object;
  createContext(options: object): Promise<{
    readonly contextSize: number;
    getSequence(): LlamaSequence;
  }>;
}

export interface LlamaSequence {
  readonly tokenMeter: { getState(): TokenMeterState };
}

export interface TokenMeterState {
  readonly usedInputTokens: number;
  readonly usedOutputTokens: number;
}

export interface ChatWrapper {
  readonly wrapperName: string;
  generateContextState(options: { readonly chatHistory: readonly ChatItem[] }): {
    readonly contextText: { tokenize(tokenizer: object): readonly number[]; toString(): string };
  };
}

export type ChatItem =
  | { readonly type: "system" | "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly string[] };

export interface LlamaChat {
  readonly chatWrapper: ChatWrapper;
  generateResponse(
    history: readonly ChatItem[],
    options: {
      readonly onTextChunk: (text: string) => void;
      readonly signal: AbortSignal;
      readonly stopOnAbortSignal: boolean;
      readonly maxTokens: number;
      readonly temperature: number;
      readonly repeatPenalty: false;
      readonly contextShift: { readonly size: number };
    },
  ): Promise<{ readonly metadata: { readonly stopReason: string } }>;
}

/** Loads node-llama-cpp. Rejects with `model_not_configured` where it is not installed. */
export async function loadLlamaBinding(
  need: string,
  importPackage?: ImportPackage,
): Promise<LlamaBinding> {
  return (await importOptional({ name: "node-llama-cpp", need, importPackage })) as LlamaBinding;
}

/** Starts llama.cpp with a ready-made binary; nothing is compiled or downloaded. */
export async function startLlama(binding: LlamaBinding): Promise<Llama> {
  try {
    return await binding.getLlama({
      build: "never",
      logLevel: "fatal",
      progressLogs: false,
      // The package counts at least 4, and threads that wait for a core spin.
      maxThreads: availableParallelism(),
    });
  } catch (cause) {
    throw new CodeActError(
      "model_not_configured",
      "node-llama-cpp has no binary of llama.cpp that works on this machine.",
      {
        hint: "Install it with its optional packages, or build one: `npx node-llama-cpp source download`.",
        cause,
      },
    );
  }
}
