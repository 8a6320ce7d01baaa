import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";
import { descendantsOf } from "./process-tree.ts";

const sessions = 30;

function countDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

function ownFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`codeact-${process.pid}-`));
}

function workspaces(): string[] {
  return ownFolders().flatMap((name) => readdirSync(`${tmpdir()}/${name}/sessions`));
}

it("leaves no descriptor, process, workspace or folder of sessions that are closed", async () => {
  const foldersBefore = ownFolders().length;
  const runtime = await createSandboxRuntime({ preload: [] });
  const first = await runtime.open();
  await first.execute("1");
  await first.close();
  const settled = (): { processes: number; descriptors: number } => ({
    processes: descendantsOf(process.pid).length,
    descriptors: countDescriptors(),
  });
  let before = settled();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = settled();
    if (now.processes === before.processes && now.descriptors === before.descriptors) break;
    before = now;
  }
  for (let opened = 0; opened < sessions; opened += 10) {
    const batch = await Promise.all(Array.from({ length: 10 }, () => runtime.open()));
    await Promise.all(
      batch.map(async (session, i) => {
        await session.execute(
          "import os\nos.mkdir('locked'); os.chmod('locked', 0)\nif os.fork() == 0:\n    import time; time.sleep(600)",
        );
        if (i % 3 === 0) await session.execute("os._exit(1)");
        if (i % 3 === 1) await session.checkpoint?.();
        await session.close();
      }),
    );
  }
  // The zygote refills its pool a little later; the test's own deadline bounds the wait.
  for (;;) {
    const now = settled();
    if (now.processes <= before.processes && now.descriptors <= before.descriptors) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(workspaces()).toEqual([]);
  await runtime.close();
  expect(ownFolders()).toHaveLength(foldersBefore);
});
