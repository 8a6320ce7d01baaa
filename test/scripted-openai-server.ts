import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What the server does with one request. */
export interface ScriptedReply {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Before the head of the response. */
  readonly delayMs?: number;
  /** Events of the stream: objects are sent as JSON, strings as they are. */
  readonly chunks?: readonly (object | string)[];
  /** Between two chunks. */
  readonly chunkDelayMs?: number;
  /** Sent in place of a stream. */
  readonly body?: object | string;
  /**
   * How the stream ends. `done`: with `[DONE]`, the default. `end`: without it.
   * `cut`: the connection breaks. `hang`: nothing more comes.
   */
  readonly ending?: "done" | "end" | "cut" | "hang";
  /** Breaks the connection before any response. */
  readonly refuse?: boolean;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of the body; undefined when there is none. */
  readonly body: unknown;
  /** Resolves when the response is over: `true` when the client went away before it was complete. */
  readonly abandoned: Promise<boolean>;
}

export interface ScriptedServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40000/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly RecordedRequest[];
}

/**
 * Starts a real HTTP server on a free port of the loopback that answers chat completions with the scripted
 * replies in order, and `GET /v1/models` with `models`, or from the script too. A request beyond the script is
 * answered with 500.
 */
export async function startScriptedServer(
  replies: readonly ScriptedReply[],
  models: readonly (string | object)[] | "scripted" = [],
): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = [];
  let next = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readBody(request);
      const abandoned = new Promise<boolean>((resolve) => {
        response.once("close", () => resolve(!response.writableFinished));
      });
      requests.push({
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        abandoned,
      });
      if (request.method === "GET" && models !== "scripted") {
        const data = models.map((model) => ({
          ...(typeof model === "string" ? { id: model } : model),
          object: "model",
        }));
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ object: "list", data }));
        return;
      }
      const reply: ScriptedReply = replies[next++] ?? {
        status: 500,
        body: { error: { message: "No more script." } },
      };
      if (reply.delayMs !== undefined) await delay(reply.delayMs);
      if (reply.refuse === true) {
        request.socket.destroy();
        return;
      }
      const streams = reply.body === undefined;
      response.writeHead(reply.status ?? 200, {
        "content-type": streams ? "text/event-stream" : "application/json",
        ...reply.headers,
      });
      if (!streams) {
        response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
        return;
      }
      response.flushHeaders();
      for (const chunk of reply.chunks ?? []) {
        if (response.destroyed) return;
        response.write(typeof chunk === "string" ? chunk : `data: ${JSON.stringify(chunk)}\n\n`);
        if (reply.chunkDelayMs !== undefined) await delay(reply.chunkDelayMs);
      }
      switch (reply.ending ?? "done") {
        case "done":
          response.end("data: [DONE]\n\n");
          break;
        case "end":
          response.end();
          break;
        case "cut":
          // Lets the chunks leave before the connection breaks.
          await delay(20);
          request.socket.destroy();
          break;
        case "hang":
          break;
      }
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}

/** A chunk with text, as OpenAI sends it. */
export function textChunk(content: string): object {
  return { object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] };
}

/** The chunk that tells why the reply ended. */
export function finishChunk(reason: string): object {
  return {
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: {}, finish_reason: reason }],
  };
}

/** The last chunk, with the usage and no choice. */
export function usageChunk(inputTokens: number, outputTokens: number): object {
  return {
    object: "chat.completion.chunk",
    choices: [],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  };
}

/** A whole reply: the texts, the reason `stop`, and the usage. */
export function textReply(...texts: readonly string[]): ScriptedReply {
  return { chunks: [...texts.map(textChunk), finishChunk("stop"), usageChunk(7, 3)] };
}
