import { setTimeout as delay } from "node:timers/promises";
import { CodeActError, isCodeActError } from "../../errors.ts";
import { defaultLimits } from "../../execution/runtime.ts";
import type { Session } from "../../execution/session.ts";
import type { Message } from "../../models/model.ts";
import { timerDelay } from "../../timer-delay.ts";
import { historyKeys, messageKeys } from "./history-key.ts";
import { createMoments, isFree, type Branch, type Moment } from "./moments.ts";

/**
 * Live interpreters, found by the history of a conversation: clients of a stateless API send nothing else. A history
 * that was kept continues in its interpreter, also where the client has left out its beginning; one that goes on from an earlier moment, because its end was edited or
 * asked for again, continues in a fork of the checkpoint that was made there.
 */
export interface Conversations extends AsyncDisposable {
  /**
   * Takes up the longest kept part of a history, or starts anew. Whoever calls it keeps or drops what it returns.
   * Rejects with `session_busy` when all interpreters are in use, with `session_closed` after `close`, as
   * `Runtime.open` does, and with the signal's reason once it fires.
   */
  resume(owner: string, history: readonly Message[], signal?: AbortSignal): Promise<Conversation>;
  /** Interpreters that are open. */
  readonly size: number;
  /** Closes all interpreters, those in use and those that are being opened too. */
  close(): Promise<void>;
}

/** A conversation that is being continued. Nobody else has its interpreter. */
export interface Conversation {
  readonly session: Session;
  /** Messages at the start of the history that the interpreter has lived through. */
  readonly known: number;
  /** What the agent said, ran and read in these. */
  readonly messages: readonly Message[];
  /**
   * Notes that the work waits for its client, until the function that it returns is called. Who needs the interpreter
   * meanwhile has `giveUp` called, which drops the conversation.
   */
  wait(giveUp: () => Promise<void>): () => void;
  /**
   * Gives the interpreter back, to be found again under `history`. Where it ran no code yet, `hasWorked` is false: it
   * is then among the first to make room.
   */
  keep(
    history: readonly Message[],
    messages: readonly Message[],
    hasWorked?: boolean,
  ): Promise<void>;
  /** Gives the interpreter back as it was when it was taken up; nothing is found that was not found before. */
  drop(): Promise<void>;
}

export interface ConversationsOptions {
  /** Opens an interpreter; rejects as `Runtime.open` does. */
  readonly openSession: (signal?: AbortSignal) => Promise<Session>;
  /** Interpreters at once; the one that was used longest ago makes room. Default: 100. */
  readonly maxSessions?: number;
  /** Time without use after which an interpreter is closed. Default: 1 hour. */
  readonly idleMs?: number;
  /** Moments of one interpreter that are kept, as many as it keeps checkpoints. Default: 16. */
  readonly maxMoments?: number;
  /** Time for which a request waits when all interpreters are in use. Default: 30 s. */
  readonly patienceMs?: number;
}

/**
 * Messages by which the end of a conversation is told from others: two questions with their answers. Clients with a
 * limit of their own send no more than the end.
 */
const minEnd = 4;

/** Creates an index of interpreters that opens none before it is asked to. */
export function createConversations(options: ConversationsOptions): Conversations {
  const { openSession, maxSessions = 100, maxMoments = defaultLimits.checkpoints } = options;
  const { idleMs = 3_600_000, patienceMs = 30_000 } = options;
  const moments = createMoments();
  /** The one that was used longest ago comes first. */
  const branches = new Set<Branch>();
  const openings = new Set<Promise<unknown>>();
  let isClosed = false;
  /** Resolves when there may be room. */
  let change = Promise.withResolvers<void>();

  async function resume(
    owner: string,
    history: readonly Message[],
    signal?: AbortSignal,
  ): Promise<Conversation> {
    const deadline = performance.now() + patienceMs;
    for (const [moment, known] of momentsOf(owner, history)) {
      const branch = await takeUp(moment, deadline, signal);
      if (branch !== undefined) return conversationOf(owner, branch, moment, known);
    }
    for (;;) {
      const branch = open(() => openSession(signal), signal);
      if (branch !== undefined) return conversationOf(owner, await branch, undefined, 0);
      await waitForRoom(deadline, signal);
    }
  }

  /** The moments that a history can go on from, the one that knows most of it first. */
  function* momentsOf(owner: string, history: readonly Message[]): Generator<[Moment, number]> {
    const keys = historyKeys(owner, history);
    for (let known = keys.length; known > 0; known--) {
      for (const moment of moments.find(keys[known - 1]!)) yield [moment, known];
    }
    const single = messageKeys(owner, history);
    for (let known = single.length; known >= minEnd; known--) {
      for (const moment of moments.findEnd(single, known)) yield [moment, known];
    }
  }

  /** Undefined for a moment that can't be gone on from. Who waits holds no interpreter: it might wait for itself. */
  async function takeUp(
    moment: Moment,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<Branch | undefined> {
    const { branch, checkpoint } = moment;
    const { session } = branch;
    for (; branch.moments.has(moment); await waitForRoom(deadline, signal)) {
      await branch.giveUp?.();
      if (isFree(moment)) {
        use(branch);
        branch.at = undefined;
        if (checkpoint === undefined) moments.forget(moment); // nothing leads back to it
        return branch;
      }
      if (checkpoint === undefined || session.fork === undefined) return undefined;
      const fork = open(() => session.fork!({ from: checkpoint }), signal, branch);
      if (fork !== undefined) return await holding(moment, () => fork);
      // Its later moments have checkpoints of their own: to go back loses nothing, where a fork has no room.
      if (branch.users === 0 && session.restore !== undefined) {
        return await holding(moment, async () => {
          branch.at = undefined;
          await session.restore!(checkpoint);
          use(branch);
          return branch;
        });
      }
    }
    return undefined;
  }

  /** Keeps the branch of a moment while `take` goes on from there; a moment that is lost is forgotten. */
  async function holding(moment: Moment, take: () => Promise<Branch>): Promise<Branch | undefined> {
    use(moment.branch);
    try {
      return await take();
    } catch (error) {
      if (!isCodeActError(error) || isClosed) throw error;
      moments.forget(moment);
      return undefined;
    } finally {
      leave(moment.branch);
    }
  }

  function conversationOf(
    owner: string,
    branch: Branch,
    start: Moment | undefined,
    known: number,
  ): Conversation {
    const { session } = branch;
    return {
      session,
      known,
      messages: start?.messages ?? [],
      wait(giveUp) {
        branch.giveUp = giveUp;
        tellChange();
        return () => {
          branch.giveUp = undefined;
        };
      },
      async keep(history, messages, hasWorked = true) {
        const key = historyKeys(owner, history).at(-1);
        // Where nothing ran, nothing has changed.
        const same = !hasWorked && start?.branch === branch ? start.checkpoint : undefined;
        const checkpoint = same ?? (await session.checkpoint?.().catch(() => undefined));
        if (key !== undefined && branches.has(branch)) {
          const own = messageKeys(owner, history);
          const moment = { key, messageKeys: own, branch, messages: [...messages], checkpoint };
          moments.add(moment);
          const [first] = branch.moments;
          if (first !== undefined && branch.moments.size > maxMoments) moments.forget(first);
          branch.at = moment;
        }
        branch.hasWorked ||= hasWorked;
        leave(branch);
      },
      async drop() {
        if (start?.branch === branch && start.checkpoint !== undefined) {
          const isBack = await session.restore?.(start.checkpoint).then(
            () => true,
            () => false,
          );
          if (isBack === true && branch.moments.has(start)) branch.at = start;
        }
        leave(branch);
      },
    };
  }

  /** Opens one more interpreter, in the place of another if need be; undefined when there is no room. */
  function open(
    openOne: () => Promise<Session>,
    signal: AbortSignal | undefined,
    spared?: Branch,
  ): Promise<Branch> | undefined {
    if (isClosed) throw closedConversations();
    let room = Promise.resolve();
    if (branches.size + openings.size >= maxSessions) {
      const free = [...branches].filter((branch) => branch.users === 0 && branch !== spared);
      const next = free.find(({ hasWorked }) => !hasWorked) ?? free[0];
      if (next === undefined) return undefined;
      room = closeBranch(next);
    }
    const session = room.then(openOne);
    const branch = orAbort(session, signal).then((opened) => {
      if (isClosed) throw closedConversations();
      openings.delete(settled);
      return addBranch(opened);
    });
    // What comes too late is nobody's.
    const settled = branch.then(
      () => undefined,
      () => session.then((late) => late.close()).catch(() => undefined),
    );
    openings.add(settled);
    void settled.then(() => {
      openings.delete(settled);
      tellChange();
    });
    return branch;
  }

  /** Waits for room. Rejects with `session_busy` after the deadline, and with the signal's reason once it fires. */
  async function waitForRoom(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    const waiting = [...branches].find(({ giveUp }) => giveUp !== undefined);
    if (waiting !== undefined) return await waiting.giveUp!();
    const left = deadline - performance.now();
    if (left <= 0) {
      throw new CodeActError("session_busy", `All ${maxSessions} interpreters are in use.`, {
        hint: "Try again in a while, or allow more of them.",
      });
    }
    const timer = new AbortController();
    const late = delay(timerDelay(left), undefined, { signal: timer.signal }).catch(
      () => undefined,
    );
    try {
      await orAbort(Promise.race([change.promise, late]), signal);
    } finally {
      timer.abort();
    }
  }

  function tellChange(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  function addBranch(session: Session): Branch {
    const moments = new Set<Moment>();
    const branch: Branch = { session, moments, at: undefined, users: 1, hasWorked: false };
    branches.add(branch);
    void session.ended?.then(() => closeBranch(branch));
    return branch;
  }

  function use(branch: Branch): void {
    branch.users += 1;
    clearTimeout(branch.idle);
  }

  function leave(branch: Branch): void {
    branch.users -= 1;
    if (branch.users > 0 || !branches.delete(branch)) return;
    branches.add(branch);
    tellChange();
    if (branch.moments.size === 0) void closeBranch(branch);
    else branch.idle = setTimeout(() => void closeBranch(branch), timerDelay(idleMs)).unref();
  }

  /** Never rejects: what is left of an interpreter is removed with its runtime. */
  async function closeBranch(branch: Branch): Promise<void> {
    clearTimeout(branch.idle);
    branches.delete(branch);
    branch.at = undefined;
    for (const moment of branch.moments) moments.forget(moment);
    tellChange();
    await branch.session.close().catch(() => undefined);
  }

  async function close(): Promise<void> {
    isClosed = true;
    tellChange();
    await Promise.all([...branches].map(async ({ giveUp }) => giveUp?.()));
    await Promise.all([...[...branches].map(closeBranch), ...openings]);
  }

  return {
    resume,
    get size() {
      return branches.size;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Settles as `promise` does, but rejects with the signal's reason once it fires. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(signal.reason as Error);
  promise.then(resolve, reject);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await first;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function closedConversations(): CodeActError {
  return new CodeActError("session_closed", "The server ends and takes no more requests.");
}
