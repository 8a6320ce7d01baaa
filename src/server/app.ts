import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AgentSettings } from "../agent/agent-options.ts";
import { CodeActError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import type { Conversations } from "./conversations/conversations.ts";
import { respondToExecute } from "./execute/execute-route.ts";
import type { NamedSessions } from "./execute/named-sessions.ts";
import { respondToChat } from "./openai/chat-completions.ts";
import { readChatRequest } from "./openai/chat-request.ts";
import { errorBody } from "./openai/error-body.ts";
import type { ShownWork } from "./openai/work-view.ts";
import { createWaitingRuns } from "./openai/waiting-runs.ts";
import { createServerKeys } from "./server-keys.ts";

export interface ServerOptions {
  /** The models that clients can ask for, by the names that they use. */
  readonly models: ReadonlyMap<string, Model>;
  /** Whoever makes it closes it. */
  readonly conversations: Conversations;
  /** Interpreters for `POST /execute`, without any model. Default: there is no such route. Whoever makes it closes it. */
  readonly namedSessions?: NamedSessions;
  /** What every agent is made with. */
  readonly agent?: Omit<AgentSettings, "model" | "messages" | "sampling">;
  /** Keys that clients have to send. Default: none, everybody is let in. */
  readonly keys?: readonly string[];
  /** Names under which the server may be reached; a browser page of another site is refused. Default: all. */
  readonly hosts?: readonly string[];
  /** What clients read of the work before the answer. Default: `content`. */
  readonly shown?: ShownWork;
  /** Time for which code waits for the results of a client's tools. Default: 10 minutes. */
  readonly toolPatienceMs?: number;
  /** Silence after which a stream begins without words, and says that it lives. Default: 15 s. */
  readonly heartbeatMs?: number;
  /** Receives each fault that a client is told of. Must not throw. */
  readonly onFault?: (error: unknown) => void;
}

/** What the routes know of a request. */
interface ServerEnv {
  readonly Variables: { readonly owner: string };
}

const maxBodyBytes = 64 * 1024 ** 2;

/** Creates the server's routes: OpenAI's chat completions and list of models, execution of code, and a sign of life. */
export function createServerApp(options: ServerOptions): Hono<ServerEnv> {
  const { models, conversations, namedSessions, agent = {}, shown = "content" } = options;
  const { hosts, heartbeatMs, onFault } = options;
  const keys = createServerKeys(options.keys ?? []);
  const waitingRuns = createWaitingRuns(options.toolPatienceMs ?? 600_000);
  const app = new Hono<ServerEnv>();

  app.onError((error, context) => {
    if (!context.req.raw.signal.aborted) onFault?.(error);
    const { status, body } = errorBody(error);
    return context.json(body, status as ContentfulStatusCode);
  });
  app.notFound(({ req }) => {
    throw new CodeActError("file_not_found", `There is no ${req.method} ${req.path}.`, {
      hint: "The base URL of OpenAI's API ends in /v1.",
    });
  });
  app.use(async (context, next) => {
    const host = context.req.header("host")?.replace(/:\d+$/, "").toLowerCase();
    if (hosts !== undefined && (host === undefined || !hosts.includes(host))) {
      throw new CodeActError("permission_denied", "The server is not reached under this name.", {
        hint: "Behind a proxy it needs keys: give it a file with --keys.",
      });
    }
    await next();
  });
  app.get("/health", (context) => context.json({ status: "ok", sessions: conversations.size }));
  // Before the limit: that one reads bodies of no stated length.
  app.use(async (context, next) => {
    const owner = keys.ownerOf(context.req.header("authorization"));
    if (owner === undefined) return unauthorised();
    context.set("owner", owner);
    return await next();
  });
  app.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new CodeActError("quota_exceeded", "The request is longer than 64 MiB.");
      },
    }),
  );

  function modelOf(id: string): Model {
    const model = models.get(id);
    if (model !== undefined) return model;
    throw new CodeActError("model_not_found", `There is no model ${id} here.`, {
      hint: `Choose from: ${[...models.keys()].join(", ")}.`,
    });
  }

  app.get("/v1/models", (context) =>
    context.json({ object: "list", data: [...models.keys()].map(modelBody) }),
  );
  app.get("/v1/models/:id{.+}", (context) => {
    const id = context.req.param("id");
    modelOf(id);
    return context.json(modelBody(id));
  });

  app.post("/v1/chat/completions", async (context) => {
    const request = readChatRequest(await bodyOf(context.req.raw));
    return await respondToChat(context, request, {
      conversations,
      owner: JSON.stringify([context.get("owner"), request.user ?? null]),
      waitingRuns,
      model: modelOf(request.model),
      agent,
      shown,
      heartbeatMs,
      onFault,
    });
  });

  if (namedSessions !== undefined) {
    app.post("/execute", async (context) => {
      const { raw } = context.req;
      const owner = context.get("owner");
      const body = await bodyOf(raw);
      return context.json(await respondToExecute(body, owner, namedSessions, raw.signal));
    });
  }

  return app;
}

function modelBody(id: string): object {
  return { id, object: "model", created: 0, owned_by: "codeact" };
}

function unauthorised(): Response {
  const error = {
    message: "The key is missing or wrong. Send it as `Authorization: Bearer KEY`.",
    type: "invalid_request_error",
    code: "invalid_api_key",
    param: null,
  };
  return Response.json({ error }, { status: 401, headers: { "www-authenticate": "Bearer" } });
}

/** A page of another site can send anything but JSON without asking. */
async function bodyOf(request: Request): Promise<unknown> {
  if ((request.headers.get("content-encoding") ?? "identity") !== "identity") {
    throw new CodeActError("invalid_input", "The request must not be compressed.");
  }
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
    throw new CodeActError("invalid_input", "The request has to be application/json.");
  }
  try {
    return await request.json();
  } catch (cause) {
    throw new CodeActError("invalid_input", "The request is no valid JSON.", { cause });
  }
}
