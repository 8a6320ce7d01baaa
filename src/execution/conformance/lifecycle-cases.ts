import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isCodeActError } from "../../errors.ts";
import { type ConformanceCase, valueText, withSession } from "./conformance-case.ts";

/** Files, closing, and faults of the engine. */
export const lifecycleCases: readonly ConformanceCase[] = [
  {
    name: "gives up opening a session when it is told to, and leaves nothing behind",
    async run(runtime) {
      const reason = new Error("not needed any more");
      const early = AbortSignal.abort(reason);
      await assert.rejects(runtime.open({ id: "given-up", signal: early }), reason);
      const abort = new AbortController();
      const opening = runtime.open({ id: "given-up", signal: abort.signal });
      abort.abort(reason);
      await assert.rejects(opening, reason);
      // The id is free again, and the signal of the opening is nothing to the session.
      const later = new AbortController();
      const session = await runtime.open({ id: "given-up", signal: later.signal });
      later.abort(reason);
      assert.equal(valueText(await session.execute("1 + 1")), "2");
      await session.close();
    },
  },
  {
    name: "refuses an id that names no folder, and one that another session has",
    async run(runtime) {
      for (const id of ["../outside", "a/b", "..", "", "a.snapshots"]) {
        await assert.rejects(runtime.open({ id }), { code: "invalid_input" });
      }
      const opened = await Promise.allSettled([
        runtime.open({ id: "same" }),
        runtime.open({ id: "same" }),
      ]);
      const [first, second] = opened;
      assert(first.status === "fulfilled" && second.status === "rejected");
      assert.equal((second.reason as { code: string }).code, "invalid_input");
      await first.value.close();
      await using again = await runtime.open({ id: "same" });
      assert.equal((await again.execute("1")).status, "ok");
    },
  },
  {
    name: "can be closed twice, and refuses cells afterwards",
    run: async (runtime) => {
      const session = await runtime.open();
      await session.execute("1");
      await Promise.all([session.close(), session.close()]);
      await session.close();
      await assert.rejects(session.execute("1"), (error) =>
        isCodeActError(error, "session_closed"),
      );
    },
  },
  {
    name: "closes by itself when nothing is asked of it, but not during a cell",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const busy = await session.execute("import time; time.sleep(0.6)");
          assert.equal(busy.status, "ok");
          await sleep(1000);
          await assert.rejects(session.execute("1"), (error) =>
            isCodeActError(error, "session_closed"),
          );
        },
        { limits: { idleMs: 300 } },
      ),
  },
  {
    name: "closes in the middle of a cell",
    run: async (runtime) => {
      const session = await runtime.open();
      const started = Promise.withResolvers<void>();
      const running = session.execute("print('go')\nwhile True: pass", {
        onOutput: () => started.resolve(),
      });
      const refused = assert.rejects(running, (error) => isCodeActError(error, "session_closed"));
      await started.promise;
      await session.close();
      await refused;
    },
  },
  {
    name: "moves files in and out",
    skip: () => undefined,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const files = session.files ?? assert.fail("the session has no files");
        await files.write("data/in.csv", Buffer.from("a,b\n1,2\n"));
        assert.equal(
          valueText(await session.execute("open('data/in.csv').read()")),
          String.raw`'a,b\n1,2\n'`,
        );
        await session.execute("open('data/out.bin', 'wb').write(bytes(range(256))); None");
        assert.deepEqual(
          Buffer.from(await files.read("data/out.bin")),
          Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
        );
        const listed = await files.list();
        assert.deepEqual(
          listed.map((file) => [file.path, file.sizeBytes]),
          [
            ["data/in.csv", 8],
            ["data/out.bin", 256],
          ],
        );
        await files.write("data/in.csv", Buffer.from("new"));
        assert.equal(valueText(await session.execute("open('data/in.csv').read()")), "'new'");
      }),
  },
  {
    name: "never follows a path or a link out of the workspace",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const files = session.files ?? assert.fail("the session has no files");
        await session.execute(
          [
            "import os",
            "os.symlink('/etc/passwd', 'link'); os.symlink('/etc', 'folder'); os.symlink('..', 'up')",
            "os.mkfifo('pipe')",
            "open('plain', 'w').write('ok'); os.symlink('plain', 'inner')",
          ].join("\n"),
        );
        const refused = (error: unknown): boolean =>
          isCodeActError(error, "invalid_input") || isCodeActError(error, "file_not_found");
        for (const path of [
          "link",
          "folder/passwd",
          "up/x",
          "../x",
          "/etc/passwd",
          "a/../../x",
          "inner",
          "",
          "nul\0",
        ]) {
          await assert.rejects(files.read(path), refused, `reading ${path}`);
        }
        await assert.rejects(files.read("pipe"), refused);
        for (const path of ["folder/new", "up/new", "../new", "/tmp/new"]) {
          await assert.rejects(files.write(path, Buffer.from("x")), refused, `writing ${path}`);
        }
        assert.deepEqual(
          (await files.list()).map((file) => file.path),
          ["plain"],
        );
      }),
  },
  {
    name: "tells a missing file",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const files = session.files ?? assert.fail("the session has no files");
        await assert.rejects(files.read("nothing.txt"), (error) =>
          isCodeActError(error, "file_not_found"),
        );
      }),
  },
];
