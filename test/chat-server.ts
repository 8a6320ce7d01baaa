import OpenAI from "openai";
import type { Runtime } from "../src/execution/runtime.ts";
import { createOpenAIModel } from "../src/models/openai-model.ts";
import { createServerApp, type ServerOptions } from "../src/server/app.ts";
import {
  createConversations,
  type Conversations,
  type ConversationsOptions,
} from "../src/server/conversations/conversations.ts";
import { listen } from "../src/server/listen.ts";
import {
  startScriptedServer,
  textReply,
  type ScriptedReply,
  type ScriptedServer,
} from "./scripted-openai-server.ts";

/** A server whose model `m` is scripted, and a client of it. */
export interface ChatServer extends AsyncDisposable {
  readonly url: string;
  readonly client: OpenAI;
  readonly conversations: Conversations;
  /** The model's service. */
  readonly upstream: ScriptedServer;
}

/** Starts a server whose model gives these replies, in order. */
export async function startChatServer(
  runtime: Runtime,
  replies: readonly ScriptedReply[],
  options: Partial<ServerOptions> = {},
  limits: Partial<ConversationsOptions> = {},
): Promise<ChatServer> {
  const upstream = await startScriptedServer(replies);
  const conversations = createConversations({ openSession: () => runtime.open(), ...limits });
  const model = createOpenAIModel({ model: "m", baseUrl: upstream.baseUrl, apiKey: "k" });
  const app = createServerApp({ models: new Map([["m", model]]), conversations, ...options });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  return {
    url: server.url,
    client: new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 }),
    conversations,
    upstream,
    async [Symbol.asyncDispose]() {
      await server.close();
      await conversations.close();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** A reply that runs code. */
export function cell(code: string): ScriptedReply {
  return textReply(`<execute>\n${code}\n</execute>`);
}

/** A message of the user. */
export function user(content: string): OpenAI.ChatCompletionMessageParam {
  return { role: "user", content };
}
