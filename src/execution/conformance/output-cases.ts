import assert from "node:assert/strict";
import type { Output } from "../outcome.ts";
import { type ConformanceCase, streamText, valueText, withSession } from "./conformance-case.ts";

/** What a cell prints, shows and returns, whole and in order. */
export const outputCases: readonly ConformanceCase[] = [
  {
    name: "keeps the order of stdout, stderr, subprocesses, displays and the value",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const outcome = await session.execute(
          [
            "import sys, subprocess, os",
            "print('one')",
            "print('two', file=sys.stderr)",
            "_ = subprocess.run(['sh', '-c', 'echo three; echo four >&2'])",
            "print('five')",
            "_ = os.system('echo six')",
            "display('seven')",
            "os.write(1, b'eight\\n'); print('nine')",
            "'ten'",
          ].join("\n"),
        );
        const seen = outcome.outputs.flatMap((output) => {
          if (output.type === "stream") return output.text.trim().split("\n");
          return output.type === "error" ? [] : [output.data["text/plain"]?.replaceAll("'", "")];
        });
        const words = [
          "one",
          "two",
          "three",
          "four",
          "five",
          "six",
          "seven",
          "eight",
          "nine",
          "ten",
        ];
        // Two pipes have no order between them: stderr of a subprocess may come before its stdout.
        const expected = seen.indexOf("four") < seen.indexOf("three") ? swap(words, 2, 3) : words;
        assert.deepEqual(seen, expected);
      }),
  },
  {
    name: "streams output while the cell runs",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const first = Promise.withResolvers<Output>();
        const abort = new AbortController();
        const running = session.execute("import time\nprint('early')\ntime.sleep(60)", {
          onOutput: (output) => first.resolve(output),
          signal: abort.signal,
        });
        assert.deepEqual(await first.promise, { type: "stream", name: "stdout", text: "early\n" });
        abort.abort();
        assert.equal((await running).status, "interrupted");
      }),
  },
  {
    name: "joins utf-8 that is cut anywhere",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const text = "é€𐍈中🙂".repeat(50);
        const outcome = await session.execute(
          [
            "import os, sys, time",
            `data = ${JSON.stringify(text)}.encode()`,
            "for i in range(0, len(data), 3):",
            "    os.write(1, data[i:i + 3])",
            "    if i % 60 == 0: time.sleep(0.001)",
            "for i in range(0, len(data), 3):",
            "    sys.stdout.buffer.write(data[i:i + 3]); sys.stdout.flush()",
          ].join("\n"),
        );
        assert.equal(streamText(outcome), text + text);
      }),
  },
  {
    name: "takes invalid utf-8, lone surrogates and NUL without harm",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const outcome = await session.execute(
          "import os\nos.write(1, b'\\xff\\xfe|\\x00|')\nprint('\\ud800|')\n'\\udfff'",
        );
        assert.equal(outcome.status, "ok");
        assert.match(streamText(outcome), /^��\|\0\|.*\|\n$/);
        assert.equal(valueText(await session.execute("1 + 1")), "2");
      }),
  },
  {
    name: "takes large input and gives large values back",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const big = "x".repeat(3_000_000);
        assert.equal(valueText(await session.execute(`text = "${big}"\nlen(text)`)), "3000000");
        const printed = await session.execute("print('y' * 400_000)");
        assert.equal(streamText(printed), `${"y".repeat(400_000)}\n`);
      }),
  },
  {
    name: "leaves out the middle of output that is too long, and says so",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const outcome = await session.execute(
            "print('first')\nfor i in range(200_000): print('line', i)\nprint('last')",
          );
          const text = streamText(outcome);
          assert.equal(outcome.status, "ok");
          assert.ok(text.startsWith("first\n"));
          assert.ok(text.endsWith("last\n"));
          assert.ok(text.length < 200_000);
          assert.ok((outcome.truncated?.omittedBytes ?? 0) > 1_000_000);
          assert.match(text, /bytes of output left out/);
        },
        { limits: { outputBytes: 100_000 } },
      ),
  },
  {
    name: "shows an error after a flood of output",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const outcome = await session.execute(
            "for i in range(20_000): print('line', i)\nraise ValueError('seen')",
          );
          assert.equal(outcome.error?.message, "seen");
        },
        { limits: { outputBytes: 10_000 } },
      ),
  },
  {
    name: "keeps what threads print after their cell out of later cells",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute(
          "import threading, time\ndef later():\n    time.sleep(0.2)\n    print('late')\nthread = threading.Thread(target=later)\nthread.start()",
        );
        const outcome = await session.execute("thread.join()\nprint('mine')");
        assert.equal(streamText(outcome), "mine\n");
        assert.deepEqual(outcome.late, [{ type: "stream", name: "stdout", text: "late\n" }]);
      }),
  },
  {
    name: "frames are right after a cell tampered with the interpreter",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute(
          [
            "import sys, builtins, os, json, time, signal",
            "sys.stdout = None; sys.stderr = 3; sys.stdin = None",
            "builtins.print = lambda *a: None; builtins.repr = lambda o: 'lies'; builtins.len = None",
            "json.dumps = json.loads = None; time.monotonic = None; os.write = None",
            "json.JSONEncoder.encode = None",
            "signal.signal(signal.SIGINT, signal.SIG_IGN)",
            "sys.settrace(lambda *a: 1/0); sys.modules.clear()",
          ].join("\n"),
        );
        const outcome = await session.execute("40 + 2");
        assert.equal(outcome.status, "ok");
        assert.equal(valueText(outcome), "42");
      }),
  },
  {
    name: "puts descriptors 0, 1 and 2 back after a cell closed them",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("import os\nfor fd in (0, 1, 2): os.close(fd)");
        assert.equal(streamText(await session.execute("_ = os.system('echo back')")), "back\n");
      }),
  },
];

function swap(words: readonly string[], first: number, second: number): string[] {
  const swapped = [...words];
  [swapped[first], swapped[second]] = [words[second] ?? "", words[first] ?? ""];
  return swapped;
}
