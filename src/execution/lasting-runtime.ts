import type { OpenOptions, Runtime } from "./runtime.ts";

/**
 * Makes a runtime that is there for as long as its process: where `first` ends by itself, the next session is opened
 * in one that `create` makes. The sessions that ended with it stay lost.
 */
export function createLastingRuntime(first: Runtime, create: () => Promise<Runtime>): Runtime {
  const { name, capabilities } = first;
  let current: Promise<Runtime> | undefined = Promise.resolve(first);
  let closing: Promise<void> | undefined;
  watch(first);

  function watch(runtime: Runtime): void {
    void runtime.ended?.then(async () => {
      if (closing !== undefined) return;
      current = undefined;
      await runtime.close().catch(() => undefined);
    });
  }

  async function renew(): Promise<Runtime> {
    try {
      const runtime = await create();
      watch(runtime);
      return runtime;
    } catch (error) {
      if (closing === undefined) current = undefined;
      throw error;
    }
  }

  async function open(options?: OpenOptions) {
    return await (await (current ??= renew())).open(options);
  }

  async function close(): Promise<void> {
    await (await current?.catch(() => undefined))?.close();
  }

  const closeOnce = (): Promise<void> => (closing ??= close());
  return { name, capabilities, open, close: closeOnce, [Symbol.asyncDispose]: closeOnce };
}
