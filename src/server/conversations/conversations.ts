import { once } from "node:events";
import { CodeActError, isCodeActError } from "../../errors.ts";
import { defaultLimits } from "../../execution/runtime.ts";
import type { Checkpoint, Session } from "../../execution/session.ts";
import type { Message } from "../../models/model.ts";
import { timerDelay } from "../../timer-delay.ts";
import { historyKeys } from "./history-key.ts";

/**
 * Live interpreters, found by the history of a conversation: clients of a stateless API send nothing else. A history
 * that was kept continues in its interpreter; one that goes on from an earlier moment, because its end was edited or
 * asked for again, continues in a fork of the checkpoint that was made there.
 */
export interface Conversations extends AsyncDisposable {
  /**
   * Takes up the longest kept part of a history, or starts anew. Whoever calls it keeps or drops what it returns.
   * Rejects with `session_busy` when all interpreters are in use, and as `Runtime.open` does.
   */
  resume(owner: string, history: readonly Message[], signal?: AbortSignal): Promise<Conversation>;
  /** Interpreters that are open. */
  readonly size: number;
  /** Closes all interpreters, those in use too. */
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
  /** Gives the interpreter back, to be found again under `history`. */
  keep(history: readonly Message[], messages: readonly Message[]): Promise<void>;
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

/** A moment that a history led to. */
interface Moment {
  readonly key: string;
  readonly branch: Branch;
  readonly messages: readonly Message[];
  readonly checkpoint: Checkpoint | undefined;
}

/** One interpreter and the moments that it has been at. */
interface Branch {
  readonly session: Session;
  readonly moments: Set<Moment>;
  /** The moment that its interpreter is at. */
  at: Moment | undefined;
  /** Requests that need it. */
  users: number;
  idle?: NodeJS.Timeout;
  /** Ends work that waits for its client. */
  giveUp?: (() => Promise<void>) | undefined;
}

/** Creates an index of interpreters that opens none before it is asked to. */
export function createConversations(options: ConversationsOptions): Conversations {
  const { openSession, maxSessions = 100, maxMoments = defaultLimits.checkpoints } = options;
  const { idleMs = 3_600_000, patienceMs = 30_000 } = options;
  const moments = new Map<string, Moment[]>();
  /** The one that was used longest ago comes first. */
  const branches = new Set<Branch>();
  let opening = 0;
  /** Resolves when there may be room. */
  let change = Promise.withResolvers<void>();

  async function resume(
    owner: string,
    history: readonly Message[],
    signal?: AbortSignal,
  ): Promise<Conversation> {
    const keys = historyKeys(owner, history);
    for (let known = keys.length; known > 0; known--) {
      for (const moment of candidates(keys[known - 1]!)) {
        const branch = await takeUp(moment, signal);
        if (branch !== undefined) return conversationOf(owner, branch, moment, known);
      }
    }
    const branch = await openBranch(() => openSession(signal), signal);
    return conversationOf(owner, branch, undefined, 0);
  }

  /** The moments of a key: first those whose interpreter is there and free, the newest before older ones. */
  function candidates(key: string): readonly Moment[] {
    const found = (moments.get(key) ?? []).toReversed();
    return [...found.filter(isFree), ...found.filter((moment) => !isFree(moment))];
  }

  async function takeUp(moment: Moment, signal?: AbortSignal): Promise<Branch | undefined> {
    const { branch, checkpoint } = moment;
    const { session } = branch;
    await branch.giveUp?.();
    const wasFree = isFree(moment);
    if (!wasFree && (checkpoint === undefined || session.fork === undefined)) return undefined;
    use(branch);
    branch.at = wasFree ? undefined : branch.at;
    if (wasFree) return branch;
    try {
      // Its later moments have checkpoints of their own: to go back loses nothing, where a fork has no room.
      if (branch.users === 1 && !hasRoom() && (await hasGoneBack(session, checkpoint!))) {
        use(branch);
        branch.at = undefined;
        return branch;
      }
      return await openBranch(() => session.fork!({ from: checkpoint! }), signal);
    } catch (error) {
      if (!isCodeActError(error) || error.code === "session_busy") throw error;
      forget(moment);
      return undefined;
    } finally {
      leave(branch);
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
      async keep(history, messages) {
        const key = historyKeys(owner, history).at(-1);
        const checkpoint = await session.checkpoint?.().catch(() => undefined);
        if (key === undefined || (session.checkpoint && checkpoint === undefined)) {
          await closeBranch(branch);
          return;
        }
        const moment = { key, branch, messages: [...messages], checkpoint };
        moments.set(key, [...(moments.get(key) ?? []), moment]);
        branch.moments.add(moment);
        const [first] = branch.moments;
        if (first !== undefined && branch.moments.size > maxMoments) forget(first);
        branch.at = moment;
        leave(branch);
      },
      async drop() {
        const { checkpoint } = start ?? {};
        const isBack =
          checkpoint?.sessionId === session.id && (await hasGoneBack(session, checkpoint));
        if (isBack) branch.at = start;
        else if (branch.moments.size === 0) await closeBranch(branch);
        leave(branch);
      },
    };
  }

  function freeBranch(): Branch | undefined {
    return [...branches].find(({ users }) => users === 0);
  }

  function hasRoom(): boolean {
    const canFree = ({ users, giveUp }: Branch): boolean => users === 0 || giveUp !== undefined;
    return branches.size + opening < maxSessions || [...branches].some(canFree);
  }

  /** Makes room for one more interpreter, or waits for it, and opens it. */
  async function openBranch(
    openSession: () => Promise<Session>,
    signal?: AbortSignal,
  ): Promise<Branch> {
    const patience = AbortSignal.timeout(timerDelay(patienceMs));
    const stop = signal === undefined ? patience : AbortSignal.any([signal, patience]);
    while (branches.size + opening >= maxSessions) {
      const oldest = freeBranch();
      const waiting = [...branches].find(({ giveUp }) => giveUp !== undefined);
      if (oldest !== undefined) await closeBranch(oldest);
      else if (waiting !== undefined) await waiting.giveUp!();
      else if (!stop.aborted) await Promise.race([change.promise, aborted(stop)]);
      else {
        signal?.throwIfAborted();
        throw new CodeActError("session_busy", `All ${maxSessions} interpreters are in use.`, {
          hint: "Try again in a while, or allow more of them.",
        });
      }
    }
    opening += 1;
    try {
      const session = await openSession();
      const branch: Branch = { session, moments: new Set(), at: undefined, users: 1 };
      branches.add(branch);
      return branch;
    } finally {
      opening -= 1;
      tellChange();
    }
  }

  function tellChange(): void {
    change.resolve();
    change = Promise.withResolvers();
  }

  function use(branch: Branch): void {
    branch.users += 1;
    clearTimeout(branch.idle);
  }

  function leave(branch: Branch): void {
    branch.users -= 1;
    tellChange();
    if (branch.users > 0 || !branches.delete(branch)) return;
    branches.add(branch);
    branch.idle = setTimeout(() => void closeBranch(branch), timerDelay(idleMs));
    branch.idle.unref();
  }

  function forget(moment: Moment): void {
    moment.branch.moments.delete(moment);
    const others = (moments.get(moment.key) ?? []).filter((other) => other !== moment);
    if (others.length > 0) moments.set(moment.key, others);
    else moments.delete(moment.key);
  }

  async function closeBranch(branch: Branch): Promise<void> {
    clearTimeout(branch.idle);
    branches.delete(branch);
    branch.at = undefined;
    for (const moment of branch.moments) forget(moment);
    tellChange();
    await branch.session.close();
  }

  async function close(): Promise<void> {
    await Promise.all([...branches].map(async ({ giveUp }) => giveUp?.()));
    await Promise.all([...branches].map(closeBranch));
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

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

function isFree(moment: Moment): boolean {
  return moment.branch.users === 0 && moment.branch.at === moment;
}

async function hasGoneBack(session: Session, checkpoint: Checkpoint): Promise<boolean> {
  try {
    await session.restore?.(checkpoint);
    return session.restore !== undefined;
  } catch {
    return false;
  }
}
