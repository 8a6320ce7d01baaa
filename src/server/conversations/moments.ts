import type { Checkpoint, Session } from "../../execution/session.ts";
import type { Message } from "../../models/model.ts";

/** A moment that a history led to. */
export interface Moment {
  readonly key: string;
  /** Of each message that led to it. */
  readonly messageKeys: readonly string[];
  readonly branch: Branch;
  /** What the agent said, ran and read until then. */
  readonly messages: readonly Message[];
  /** Without one it can be gone on from only as long as its interpreter is there. */
  readonly checkpoint: Checkpoint | undefined;
}

/** One interpreter and the moments that it has been at. */
export interface Branch {
  readonly session: Session;
  readonly moments: Set<Moment>;
  /** The moment that its interpreter is at. */
  at: Moment | undefined;
  /** Requests that need it. */
  users: number;
  /** Whether it ran code for a history. */
  hasWorked: boolean;
  idle?: NodeJS.Timeout;
  /** Ends work that waits for its client. */
  giveUp?: (() => Promise<void>) | undefined;
}

/** The moments of all branches, found by their keys. */
export interface Moments {
  /** First those whose interpreter is there and free, the newest before older ones. */
  find(key: string): readonly Moment[];
  /**
   * As `find`, those that end with the first `count` of these messages and had others before them; none when there are
   * several such histories.
   */
  findEnd(messageKeys: readonly string[], count: number): readonly Moment[];
  add(moment: Moment): void;
  /** Does nothing for what was forgotten before. */
  forget(moment: Moment): void;
}

/** Creates an index without moments. */
export function createMoments(): Moments {
  const byKey = new Map<string, readonly Moment[]>();
  const byLastMessage = new Map<string, readonly Moment[]>();
  return {
    find: (key) => freeFirst(byKey.get(key) ?? []),
    findEnd(messageKeys, count) {
      const ending = (byLastMessage.get(messageKeys[count - 1] ?? "") ?? []).filter((moment) => {
        const before = moment.messageKeys.length - count;
        return (
          before > 0 &&
          moment.messageKeys.every((key, at) => at < before || key === messageKeys[at - before])
        );
      });
      return new Set(ending.map(({ key }) => key)).size === 1 ? freeFirst(ending) : [];
    },
    add(moment) {
      moment.branch.moments.add(moment);
      addTo(byKey, moment.key, moment);
      addTo(byLastMessage, moment.messageKeys.at(-1) ?? "", moment);
    },
    forget(moment) {
      moment.branch.moments.delete(moment);
      removeFrom(byKey, moment.key, moment);
      removeFrom(byLastMessage, moment.messageKeys.at(-1) ?? "", moment);
    },
  };
}

function addTo(index: Map<string, readonly Moment[]>, key: string, moment: Moment): void {
  index.set(key, [...(index.get(key) ?? []), moment]);
}

function removeFrom(index: Map<string, readonly Moment[]>, key: string, moment: Moment): void {
  const others = (index.get(key) ?? []).filter((other) => other !== moment);
  if (others.length > 0) index.set(key, others);
  else index.delete(key);
}

function freeFirst(moments: readonly Moment[]): readonly Moment[] {
  const found = moments.toReversed();
  return [...found.filter(isFree), ...found.filter((moment) => !isFree(moment))];
}

/** Whether the interpreter is at this moment and nobody uses it. */
export function isFree(moment: Moment): boolean {
  return moment.branch.users === 0 && moment.branch.at === moment;
}
