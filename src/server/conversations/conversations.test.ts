import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeActError, isCodeActError } from "../../errors.ts";
import type { Session } from "../../execution/session.ts";
import { messageText, textMessage, type Message } from "../../models/model.ts";
import { createConversations, type Conversations } from "./conversations.ts";

/** A session whose state is the list of cells that it ran; it keeps `kept` checkpoints. */
interface ListSession extends Session {
  readonly cells: string[];
  readonly isClosed: boolean;
  /** Ends it as when its processes are killed. */
  die(): void;
}

type Action = "open" | "checkpoint" | "restore" | "fork" | "close";

/** Where sessions live. */
interface Host {
  /** All that were opened. */
  readonly opened: ListSession[];
  openSession(): Promise<Session>;
}

/** Makes a host; `disturb` may reject to have an action fail, or take its time. */
function createHost(
  disturb: (action: Action) => Promise<unknown> = () => delay(0),
  kept = 3,
): Host {
  const opened: ListSession[] = [];

  function openList(cells: readonly string[]): ListSession {
    const checkpoints = new Map<number, readonly string[]>();
    const id = `s${opened.length}`;
    const ended = Promise.withResolvers<void>();
    let number = 0;
    let isClosed = false;
    const act = async (action: Action): Promise<void> => {
      if (isClosed) throw new CodeActError("session_closed", "It is closed.");
      await disturb(action);
      if (isClosed) throw new CodeActError("backend_lost", "It has died.");
    };
    const at = (checkpoint: { readonly number: number }): readonly string[] => {
      const found = checkpoints.get(checkpoint.number);
      if (found === undefined) throw new CodeActError("checkpoint_not_found", "It is gone.");
      return found;
    };
    const die = (): void => {
      isClosed = true;
      ended.resolve();
    };
    const session: ListSession = {
      id,
      cells: [...cells],
      get isClosed() {
        return isClosed;
      },
      die,
      ended: ended.promise,
      execute: () => Promise.reject(new Error("not needed")),
      async checkpoint() {
        await act("checkpoint");
        number += 1;
        checkpoints.set(number, [...session.cells]);
        checkpoints.delete(number - kept);
        return { sessionId: id, number };
      },
      async restore(checkpoint) {
        await act("restore");
        session.cells.splice(0, Infinity, ...at(checkpoint));
      },
      async fork(options) {
        await act("fork");
        return openList(at(options!.from!));
      },
      async close() {
        die();
        await disturb("close");
      },
      [Symbol.asyncDispose]: () => session.close(),
    };
    opened.push(session);
    return session;
  }

  return {
    opened,
    async openSession() {
      await disturb("open");
      return openList([]);
    },
  };
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

/** What clients are told of; undefined in the place of a conversation. */
function isFault(error: unknown): undefined {
  expect([isCodeActError(error, "backend_lost"), (error as Error).name]).toSatisfy(
    ([isLost, name]) => isLost === true || name === "AbortError",
  );
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
    await fc.assert(property, { numRuns: 200 });
  });

  it("never mix states up and lose no room, whatever fails, dies or is given up", async () => {
    const step = fc.record({
      from: fc.nat(20),
      end: fc.constantFrom("keep", "keep", "keep", "drop", "die"),
      /** Turns of the event loop after which the client is gone. */
      abort: fc.option(fc.nat(6), { nil: undefined }),
      isAtOnce: fc.boolean(),
      /** Messages that the client sends at most. */
      window: fc.option(fc.constantFrom(2, 4, 5, 6), { nil: undefined }),
    });
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(9)),
      async (steps, maxSessions, faults) => {
        let isCalm = false;
        const { opened, openSession } = createHost(async (action) => {
          const dice = isCalm ? 9 : faults.next().value;
          for (let turn = 0; turn < dice % 4; turn++) await delay(0);
          if (dice === 0) throw new CodeActError("backend_lost", `No ${action}.`);
        });
        const conversations = createConversations({ openSession, maxSessions, patienceMs: 5_000 });
        const histories: (readonly Message[])[] = [[]];
        /** What the interpreter had run after the cell of a message; each message is sent once. */
        const ran = new Map<string, readonly string[]>();
        let running: Promise<void>[] = [];
        for (const [index, { from, end, abort, isAtOnce, window }] of steps.entries()) {
          const history = histories[from % histories.length]!.slice(-(window ?? Infinity));
          const cell = `cell ${index}`;
          const one = async (): Promise<void> => {
            const gone = new AbortController();
            void (async () => {
              for (let turn = 0; turn < (abort ?? 0); turn++) await delay(0);
              if (abort !== undefined) gone.abort();
            })();
            const taken = await conversations.resume("me", history, gone.signal).catch(isFault);
            if (taken === undefined) return;
            const { cells, die } = taken.session as ListSession;
            const found = [...cells];
            const asked = history.slice(0, taken.known).findLast(({ role }) => role === "user");
            expect(found).toEqual(asked === undefined ? [] : ran.get(messageText(asked)));
            await delay(0);
            const hasWorked = index % 3 > 0;
            if (hasWorked) cells.push(cell);
            if (end === "die") die();
            if (end !== "keep") return await taken.drop();
            const after = [...history, textMessage("user", cell), textMessage("assistant", "Did.")];
            ran.set(cell, hasWorked ? [...found, cell] : found);
            await taken.keep(after, [], hasWorked);
            histories.push(after);
          };
          running.push(one());
          if (!isAtOnce || running.length === 4) {
            await Promise.all(running);
            running = [];
          }
          expect(conversations.size).toBeLessThanOrEqual(maxSessions);
        }
        await Promise.all(running);
        isCalm = true;
        const all = Array.from({ length: maxSessions }, () => conversations.resume("me", []));
        for (const taken of await Promise.all(all)) await taken.drop();
        expect(conversations.size).toBe(0);
        await conversations.close();
        expect(opened.filter(({ isClosed }) => !isClosed)).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 150 });
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

  it("go on from one moment one after another where there is room for one interpreter only", async () => {
    await using conversations = createConversations({ ...createHost(), maxSessions: 1 });
    const { history } = await exchange(conversations, [], "a");
    const all = ["b", "c", "d"].map((text) => exchange(conversations, history, text));
    for (const { found } of await Promise.all(all)) expect(found).toEqual(["a"]);
  });

  it("leave a client that is gone no interpreter that a busy one still owes", async () => {
    const busy = Promise.withResolvers<void>();
    const { opened, openSession } = createHost((action) =>
      action === "fork" ? busy.promise : delay(0),
    );
    const conversations = createConversations({ openSession });
    const { history } = await exchange(conversations, [], "a");
    const taken = await conversations.resume("me", history);
    const gone = new AbortController();
    const waiting = conversations.resume("me", history, gone.signal);
    gone.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await taken.drop();
    busy.resolve();
    while (opened[1]?.isClosed !== true) await delay(1);
    expect(conversations.size).toBe(1);
    await conversations.close();
  });

  it("keep what could not be copied for as long as nobody takes it up", async () => {
    await using conversations = createConversations(
      createHost(async (action) => {
        if (action === "checkpoint") throw new CodeActError("not_supported", "No memory.");
      }),
    );
    const { history } = await exchange(conversations, [], "a");
    expect(await exchange(conversations, history, "b", true)).toMatchObject({ found: ["a"] });
    expect(await exchange(conversations, history, "c")).toMatchObject({ found: [], known: 0 });
  });

  it("go on where the client has left out the beginning, but not by a few words that many say", async () => {
    await using conversations = createConversations(createHost());
    let history: readonly Message[] = [];
    for (const text of ["a", "b", "c", "d"]) {
      ({ history } = await exchange(conversations, history, text));
    }
    const last = await exchange(conversations, history.slice(-4), "e");
    expect(last).toMatchObject({ found: ["a", "b", "c", "d"], known: 4 });
    const next = await exchange(conversations, last.history.slice(-5), "f");
    expect(next).toMatchObject({ found: ["a", "b", "c", "d", "e"], known: 5 });
    expect(await exchange(conversations, history.slice(-2), "g")).toMatchObject({ known: 0 });
    // Another conversation that ends alike makes it uncertain which one is meant.
    const other = [textMessage("user", "z"), ...history.slice(-4)];
    await (await conversations.resume("me", [])).keep(other, []);
    expect(await exchange(conversations, history.slice(-4), "h")).toMatchObject({ known: 0 });
  });

  it("close those first that ran nothing", async () => {
    await using conversations = createConversations({ ...createHost(), maxSessions: 2 });
    const { history } = await exchange(conversations, [], "a");
    for (const title of ["t", "u"]) {
      const asked = await conversations.resume("me", []);
      await asked.keep([textMessage("user", title)], [], false);
    }
    expect(await exchange(conversations, history, "b")).toMatchObject({ found: ["a"] });
  });
});
