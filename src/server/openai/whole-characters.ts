/** Passes text on in pieces that can be encoded: a pair of surrogates is never split, and a lone one is replaced. */
export interface WholeCharacters {
  /** What can be passed on. */
  add(text: string): string;
  /** What was held back. */
  end(): string;
}

/** Starts a text. Clients that read a lone surrogate can't send it back in their next request. */
export function createWholeCharacters(): WholeCharacters {
  let held = "";
  const take = (text: string): string => {
    held = "";
    return text.toWellFormed();
  };
  return {
    add(text) {
      const all = held + text;
      const isSplit = /[\uD800-\uDBFF]$/.test(all);
      const whole = take(isSplit ? all.slice(0, -1) : all);
      if (isSplit) held = all.slice(-1);
      return whole;
    },
    end: () => take(held),
  };
}
