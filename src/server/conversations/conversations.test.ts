import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeActError } from "../../errors.ts";
import type { Session } from "../../execution/session.ts";
import { textMessage, type Message } from "../../models/model.ts";
import { createConversations, type Conversations } from "./conversations.ts";

/** A session whose state is the list of cells that it ran; it keeps `kept` checkpoints. */
interface ListSession extends Session {
  readonly cells: string[];
  readonly isClosed: boolean;
}

/** Opens a session and notes it, and its forks, in `opened`. */
function openList(opened: ListSession[], cells: readonly string[] = [], kept = 3): ListSession {
  const checkpoints = new Map<number, readonly string[]>();
  const id = `s${opened.length}`;
  let number = 0;
  let isClosed = false;
  const at = (checkpoint: { readonly number: number }): readonly string[] => {
    const found = checkpoints.get(checkpoint.number);
    if (isClosed) throw new CodeActError("session_closed", "It is closed.");
    if (found === undefined) throw new CodeActError("checkpoint_not_found", "It is gone.");
    return found;
  };
  const session: ListSession = {
    id,
    cells: [...cells],
    get isClosed() {
      return isClosed;
    },
    execute: () => Promise.reject(new Error("not needed")),
    async checkpoint() {
      await delay(0);
      number += 1;
      checkpoints.set(number, [...session.cells]);
      checkpoints.delete(number - kept);
      return { sessionId: id, number };
    },
    async restore(checkpoint) {
      await delay(0);
      session.cells.splice(0, Infinity, ...at(checkpoint));
    },
    async fork(options) {
      await delay(0);
      return openList(opened, at(options!.from!), kept);
    },
    async close() {
      isClosed = true;
      await delay(0);
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
  opened.push(session);
  return session;
}

/** What opens sessions, and all that were opened. */
function createHost() {
  const opened: ListSession[] = [];
  return { opened, openSession: async (): Promise<Session> => openList(opened) };
}

/** One exchange: what a client does, and what its conversation is then. */
async function exchange(
  conversations: Conversations,
  history: readonly Message[],
  text: string,
  isGivenUp = false,
): Promise<{
  readonly history: readonly Message[];
  readonly found: readonly string[];
  readonly known: number;
}> {
  const conversation = await conversations.resume("me", history);
  const { cells } = conversation.session as ListSession;
  const found = [...cells];
  await delay(0);
  cells.push(text);
  if (isGivenUp) {
    await conversation.drop();
    return { history, found, known: conversation.known };
  }
  const after = [...history, textMessage("user", text), textMessage("assistant", `Did ${text}.`)];
  await conversation.keep(after, [...conversation.messages, textMessage("assistant", text)]);
  return { history: after, found, known: conversation.known };
}

describe("conversations", () => {
  it("find for every history the interpreter that lived it, or a fresh one, whatever clients do", async () => {
    const step = fc.record({
      /** Which of the histories so far is continued; half of them at the same time as the next. */
      from: fc.nat(20),
      isGivenUp: fc.boolean(),
      isAtOnce: fc.boolean(),
    });
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 3, max: 6 }),
      async (steps, maxSessions) => {
        const { opened, openSession } = createHost();
        const conversations = createConversations({ openSession, maxSessions });
        const histories: (readonly Message[])[] = [[]];
        /** What the interpreter ran that was last known to belong to a history. */
        const ran = new Map<string, readonly string[]>([["[]", []]]);
        let running: Promise<void>[] = [];
        for (const [index, { from, isGivenUp, isAtOnce }] of steps.entries()) {
          const history = histories[from % histories.length]!;
          const one = async (): Promise<void> => {
            const done = await exchange(conversations, history, `cell ${index}`, isGivenUp);
            const known = JSON.stringify(history.slice(0, done.known));
            expect(done.found).toEqual(ran.get(known));
            if (isGivenUp) return;
            histories.push(done.history);
            ran.set(JSON.stringify(done.history), [...done.found, `cell ${index}`]);
          };
          running.push(one());
          if (!isAtOnce || running.length === 3) {
            await Promise.all(running);
            running = [];
          }
          expect(conversations.size).toBeLessThanOrEqual(maxSessions);
        }
        await Promise.all(running);
        await conversations.close();
        expect(opened.filter(({ isClosed }) => !isClosed)).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it("go on in one interpreter as long as nobody goes back", async () => {
    const { opened, openSession } = createHost();
    await using conversations = createConversations({ openSession });
    let history: readonly Message[] = [];
    for (const text of ["a", "b", "c", "d", "e", "f"]) {
      const done = await exchange(conversations, history, text);
      expect(done.known).toBe(history.length);
      ({ history } = done);
    }
    expect(opened).toHaveLength(1);
  });

  it("refuse a request that has no room, and serve it when there is some", async () => {
    await using conversations = createConversations({
      ...createHost(),
      maxSessions: 1,
      patienceMs: 20,
    });
    const busy = await conversations.resume("me", []);
    await expect(conversations.resume("me", [])).rejects.toMatchObject({
      code: "session_busy",
      message: "All 1 interpreters are in use.",
    });
    const waiting = conversations.resume("me", []);
    await busy.drop();
    await (await waiting).drop();
  });

  it("close what nobody uses", async () => {
    const { opened, openSession } = createHost();
    await using conversations = createConversations({ openSession, idleMs: 20 });
    const { history } = await exchange(conversations, [], "a");
    while (conversations.size > 0) await delay(5);
    expect(opened[0]!.isClosed).toBe(true);
    expect((await exchange(conversations, history, "b")).known).toBe(0);
  });
});
