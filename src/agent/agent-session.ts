import type { Session } from "../execution/session.ts";
import { textMessage } from "../models/model.ts";
import type { Message } from "../models/model.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { AgentTools } from "./agent-tools.ts";
import type { RunResult } from "./events.ts";
import { appendUser, lostSessionNotice, textPart } from "./history.ts";

/** The interpreter of an agent: opened when it is needed, equipped with tools, replaced when it has died. */
export interface AgentSession {
  /** Undefined before it is needed, after it has died, and once it was given away. */
  readonly current: Session | undefined;
  /** Opens it, and begins the conversation with the system message. Those who ask at a time share one session. */
  open(signal?: AbortSignal): Promise<Session>;
  /** Drops an interpreter of our own that has died with a run, and has the model told; the next run opens another. */
  dropDead(result: RunResult): Promise<void>;
  /** Takes another interpreter, which is our own then, and ends the one before if that was. */
  replace(session: Session | undefined): Promise<void>;
  /** Gives it away; whoever takes it ends it. */
  give(): Session | undefined;
  /** Ends it, unless it was passed in. */
  close(): Promise<void>;
}

export interface AgentSessionOptions {
  /** An interpreter to begin with. */
  readonly session: Session | undefined;
  /** Whether it is ended by `close`. */
  readonly owned: boolean;
  readonly agent: Pick<AgentOptions, "runtime" | "limits" | "network">;
  readonly tools: AgentTools | undefined;
  /** The conversation; a system message is put before it where there is none. */
  readonly messages: Message[];
  /** Writes the system message for a workspace with these files. */
  readonly instruct: (files: readonly string[] | undefined) => string;
}

/** Manages the interpreter of one agent. */
export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { tools, messages, instruct } = options;
  const { runtime, limits, network } = options.agent;
  let { session, owned } = options;
  let equipped: Session | undefined;
  let opening: Promise<Session> | undefined;

  async function prepare(signal?: AbortSignal): Promise<Session> {
    session ??= await runtime?.open({
      ...(limits && { limits }),
      ...(network && { network }),
      ...(signal && { signal }),
    });
    if (session === undefined) throw new TypeError("an agent needs a runtime or a session");
    if (tools !== undefined && equipped !== session) {
      await tools.provide(session);
      equipped = session;
    }
    if (messages[0]?.role !== "system") {
      // Only a help for the model: a session that is gone is told by its first cell.
      const files = await session.files?.list().catch(() => undefined);
      const text = instruct(files?.map((file) => file.path));
      messages.unshift(textMessage("system", text));
    }
    return session;
  }

  return {
    get current() {
      return session;
    },
    open(signal) {
      opening ??= prepare(signal).finally(() => (opening = undefined));
      return opening;
    },
    async dropDead(result) {
      const isDead = ["session_closed", "backend_lost", "protocol_violation"].some(
        (code) => result.error?.code === code,
      );
      if (!isDead || runtime === undefined || session === undefined) return;
      const dead = session;
      session = undefined;
      appendUser(messages, [textPart(lostSessionNotice)]);
      await dead.close().catch(() => {});
    },
    async replace(other) {
      const former = owned ? session : undefined;
      session = other;
      owned = true;
      await former?.close();
    },
    give() {
      const given = session;
      session = undefined;
      return given;
    },
    async close() {
      if (owned) await session?.close();
    },
  };
}
