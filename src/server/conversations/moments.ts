import type { Checkpoint, Session } from "../../execution/session.ts";
import type { Message } from "../../models/model.ts";

/** A moment that a history led to. */
export interface Moment {
  readonly key: string;
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
  add(moment: Moment): void;
  /** Does nothing for what was forgotten before. */
  forget(moment: Moment): void;
}

/** Creates an index without moments. */
export function createMoments(): Moments {
  const byKey = new Map<string, Moment[]>();
  return {
    find(key) {
      const found = (byKey.get(key) ?? []).toReversed();
      return [...found.filter(isFree), ...found.filter((moment) => !isFree(moment))];
    },
    add(moment) {
      byKey.set(moment.key, [...(byKey.get(moment.key) ?? []), moment]);
      moment.branch.moments.add(moment);
    },
    forget(moment) {
      moment.branch.moments.delete(moment);
      const others = (byKey.get(moment.key) ?? []).filter((other) => other !== moment);
      if (others.length > 0) byKey.set(moment.key, others);
      else byKey.delete(moment.key);
    },
  };
}

/** Whether the interpreter is at this moment and nobody uses it. */
export function isFree(moment: Moment): boolean {
  return moment.branch.users === 0 && moment.branch.at === moment;
}
