/** A way through what was written before, from one text that is being written. */
export interface HistoryWalk {
  /** The entry before the one that is shown, among those that start as the first text did. */
  older(shown: string): string | undefined;
  newer(shown: string): string | undefined;
  /** The newest entry that holds the words, after skipping so many different ones. */
  find(words: string, skip: number): string | undefined;
}

/** Starts at the end of the entries. What was being written comes back after the newest entry. */
export function createHistoryWalk(entries: readonly string[]): HistoryWalk {
  let at = entries.length;
  let written = "";

  function step(shown: string, direction: -1 | 1): string | undefined {
    if (at === entries.length) written = shown;
    for (let next = at + direction; next >= 0 && next <= entries.length; next += direction) {
      const entry = next === entries.length ? written : (entries[next] ?? "");
      if (next < entries.length && (!entry.startsWith(written) || entry === shown)) continue;
      at = next;
      return entry;
    }
    return undefined;
  }

  return {
    older: (shown) => step(shown, -1),
    newer: (shown) => step(shown, 1),
    find(words, skip) {
      if (words === "") return undefined;
      const wanted = words.toLowerCase();
      const found = new Set(
        entries.toReversed().filter((entry) => entry.toLowerCase().includes(wanted)),
      );
      return [...found][skip];
    },
  };
}
