/**
 * Does the same for many items, at most `atOnce` of them at a time; results have the order of the items. Rejects
 * with the first fault, or the signal's reason, once what was begun is over.
 */
export async function playAtOnce<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal,
  onProgress: ((done: number, total: number) => void) | undefined,
  play: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let done = 0;
  async function work(): Promise<void> {
    for (const [index, item] of queue) {
      signal.throwIfAborted();
      results[index] = await play(item);
      done += 1;
      onProgress?.(done, items.length);
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return results;
}
