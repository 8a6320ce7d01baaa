/** A server with two busy sessions that prints its sandbox folder and waits to be killed: attack 52. */
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";

const runtime = await createSandboxRuntime({ preload: [] });
for (let i = 0; i < 2; i += 1) {
  const session = await runtime.open();
  await session.execute(
    "import os\nif os.fork() == 0:\n    os.setsid()\n    import time; time.sleep(600)",
  );
  void session.execute("while True: pass");
}
const name = readdirSync(tmpdir()).find((entry) => entry.startsWith(`codeact-${process.pid}-`));
console.log(join(tmpdir(), name ?? "missing"));
