/** Values in the order in which they were added; each reader sees all of them, from the first. */
export interface EventLog<T> extends AsyncIterable<T> {
  push(value: T): void;
  /** Ends the log; readers finish once they have seen everything. */
  end(): void;
}

/** Makes an empty log. Nothing is lost when nobody reads, and a reader that stops early disturbs nobody. */
export function createEventLog<T>(): EventLog<T> {
  const values: T[] = [];
  let ended = false;
  let change = Promise.withResolvers<void>();

  function announce(): void {
    change.resolve();
    change = Promise.withResolvers<void>();
  }

  return {
    push(value) {
      values.push(value);
      announce();
    },
    end() {
      ended = true;
      announce();
    },
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ;) {
        while (next < values.length) yield values[next++] as T;
        if (ended) return;
        await change.promise;
      }
    },
  };
}
