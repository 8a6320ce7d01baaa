import { CodeActError } from "../../errors.ts";

/** The ids that the sessions of a runtime have. They name folders, too. */
export interface SessionIds {
  /** Throws `invalid_input` for an id that another session has, or that would be no name of a folder. */
  take(id: string): void;
  release(id: string): void;
}

const pattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Creates the ids of a runtime that has no session yet. */
export function createSessionIds(): SessionIds {
  const taken = new Set<string>();
  return {
    take(id) {
      if (!pattern.test(id) || taken.has(id)) {
        throw new CodeActError("invalid_input", `"${id}" cannot be the id of a new session.`, {
          hint: "Use up to 100 letters, digits, - and _ that no open session has.",
        });
      }
      taken.add(id);
    },
    release(id) {
      taken.delete(id);
    },
  };
}
