import { CodeActError } from "../../errors.ts";
import type { Session } from "../../execution/session.ts";
import { timerDelay } from "../../timer-delay.ts";

/** Live interpreters by names that clients choose. */
export interface NamedSessions extends AsyncDisposable {
  /**
   * Lets `work` use the interpreter of a name, which is opened when there is none; work on one interpreter is done in
   * turn. Rejects with `session_busy` when there are too many, and as `Runtime.open` and `work` do.
   */
  use<Result>(
    owner: string,
    name: string,
    work: (session: Session, isNew: boolean) => Promise<Result>,
  ): Promise<Result>;
  close(): Promise<void>;
}

export interface NamedSessionsOptions {
  readonly openSession: () => Promise<Session>;
  /** Interpreters at once; the one that was used longest ago makes room. Default: 100. */
  readonly maxSessions?: number;
  /** Time without use after which an interpreter is closed. Default: 10 minutes. */
  readonly idleMs?: number;
}

interface Entry {
  session: Promise<Session>;
  users: number;
  /** The end of the work that is queued last. */
  last: Promise<unknown>;
  idle?: NodeJS.Timeout;
}

/** Makes an empty collection. */
export function createNamedSessions(options: NamedSessionsOptions): NamedSessions {
  const { openSession, maxSessions = 100, idleMs = 600_000 } = options;
  /** The one that was used longest ago comes first. */
  const entries = new Map<string, Entry>();

  async function use<Result>(
    owner: string,
    name: string,
    work: (session: Session, isNew: boolean) => Promise<Result>,
  ): Promise<Result> {
    const key = JSON.stringify([owner, name]);
    let entry = entries.get(key);
    const isNew = entry === undefined;
    if (entry === undefined) {
      makeRoom();
      entry = { session: openSession(), users: 0, last: Promise.resolve() };
    }
    const own = entry;
    clearTimeout(own.idle);
    own.users += 1;
    entries.delete(key);
    entries.set(key, own);
    const turn = own.last.then(async () => work(await own.session, isNew));
    own.last = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (error) {
      // An interpreter that could not be opened, or is lost, is not used again.
      if (entries.get(key) === own && error instanceof CodeActError) {
        entries.delete(key);
        await closeEntry(own);
      }
      throw error;
    } finally {
      own.users -= 1;
      if (own.users === 0 && entries.get(key) === own) {
        own.idle = setTimeout(() => {
          entries.delete(key);
          void closeEntry(own);
        }, timerDelay(idleMs)).unref();
      }
    }
  }

  function makeRoom(): void {
    if (entries.size < maxSessions) return;
    const oldest = [...entries].find(([, { users }]) => users === 0);
    if (oldest === undefined) {
      throw new CodeActError("session_busy", `All ${maxSessions} interpreters are in use.`, {
        hint: "Try again in a while, or allow more of them.",
      });
    }
    entries.delete(oldest[0]);
    void closeEntry(oldest[1]);
  }

  async function closeEntry({ session, idle }: Entry): Promise<void> {
    clearTimeout(idle);
    await session.then((open) => open.close()).catch(() => undefined);
  }

  async function close(): Promise<void> {
    const open = [...entries.values()];
    entries.clear();
    await Promise.all(open.map(closeEntry));
  }

  return { use, close, [Symbol.asyncDispose]: close };
}
