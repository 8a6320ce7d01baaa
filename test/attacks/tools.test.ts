import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isCodeActError } from "../../src/errors.ts";
import type { Session } from "../../src/execution/session.ts";
import { createToolHost } from "../../src/tools/tool-host.ts";
import { tool } from "../../src/tools/tool.ts";
import { createArena, printed, valueOf } from "./arena.ts";
import { wireTools } from "./attack-tools.ts";

const arena = await createArena();

/** A session whose code can call `echo`, `secret_free` and what is given; `seen` is what reached them. */
async function openWithTools(
  tools: Readonly<Record<string, (text: string) => unknown>> = {},
  limits: Parameters<typeof arena.open>[0] = {},
): Promise<{ session: Session; seen: unknown[] }> {
  const seen: unknown[] = [];
  const session = await arena.open(limits);
  const all = { echo: (text: string) => text, ...tools };
  await session.provide?.(
    createToolHost({
      tools: Object.entries(all).map(([name, run]) =>
        tool({
          name,
          description: "",
          input: z.object({ text: z.string() }),
          run(input) {
            seen.push(input);
            return run(input.text);
          },
        }),
      ),
    }),
  );
  return { session, seen };
}

const forgeCall = `${wireTools}
def forge_call(number, name="echo", arguments={"text": "forged"}):
    forge(type="call", call=number, name=name, arguments=arguments)
`;

describe("65 calls of tools", () => {
  it.each([
    ["a tool that is not listed", `forge_call(9000, "eval")`],
    ["a name of Object's", `forge_call(9000, "constructor"); forge_call(9001, "__proto__")`],
    ["arguments that are missing", `forge_call(9000, arguments={})`],
    ["arguments of another type", `forge_call(9000, arguments={"text": 7})`],
    [
      "a key named __proto__",
      `raw(b'{"type":"call","call":9000,"name":"echo","arguments":{"text":"x","__proto__":{"polluted":1}}}')`,
    ],
    [
      "deep nesting",
      `raw(b'{"type":"call","call":9000,"name":"echo","arguments":{"text":' + b"[" * 100_000 + b"]" * 100_000 + b"}}")`,
    ],
    ["calls that nobody made", `[forge(type="call-cancel", call=i) for i in range(2000)]`],
    [
      "frames of the host",
      `forge(type="call-reply", call=1, value="forged"); forge(type="provide", id=1, functions=[], modules={}); forge(type="pause", id=2)`,
    ],
  ])("forges %s: nothing runs, the session goes on", async (_what, code) => {
    const { session, seen } = await openWithTools();
    await using _session = session;
    const outcome = await session.execute(`${forgeCall}\n${code}\necho("asked")`);
    expect(outcome.error?.traceback).toBeUndefined();
    expect(seen).toEqual([{ text: "asked" }]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    await arena.checkBoth(session);
  });

  it.each([
    ["no number", `forge_call("x")`],
    ["half a number", `forge_call(1.5)`],
    ["a list of arguments", `forge_call(9000, arguments=[1])`],
    ["no arguments", `forge(type="call", call=9000, name="echo")`],
  ])("forges a call with %s: a fault of this session alone", async (_what, code) => {
    const { session, seen } = await openWithTools();
    await using _session = session;
    const ended = await session.execute(`${forgeCall}\n${code}`).then(
      () => session.execute("1"),
      (error: unknown) => error,
    );
    expect(isCodeActError(ended, "protocol_violation")).toBe(true);
    expect(seen).toEqual([]);
    expect(await valueOf(arena.sibling, "6 * 7")).toBe("42");
  });

  it("adds arguments that were not declared: the tool does not see them", async () => {
    const { session, seen } = await openWithTools();
    await using _session = session;
    await session.execute(
      `${forgeCall}\nforge_call(9000, arguments={"text": "x", "admin": True})\necho("y")`,
    );
    expect(seen).toEqual([{ text: "x" }, { text: "y" }]);
    const { error } = await session.execute("echo('x', admin=True)");
    expect(error?.message).toContain("has no parameter 'admin'");
  });

  it("makes 100,000 calls without taking a reply: few at a time, then none", async () => {
    let running = 0;
    let most = 0;
    const { session, seen } = await openWithTools(
      {
        async work() {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
        },
      },
      { timeoutMs: 60_000, calls: 1000 },
    );
    await using _session = session;
    const flood = `${forgeCall}
frames = b"".join(struct.pack("!I", len(b)) + b for i in range(100_000)
                  for b in [b'{"type":"call","call":%d,"name":"work","arguments":{"text":""}}' % (i + 9000)])
view = memoryview(frames)
while view: view = view[os.write(wire, view):]
try: echo("after")
except ToolError as error: print(error)`;
    const outcome = await session.execute(flood);
    expect(printed(outcome)).toContain("at most 1000 calls");
    expect(most).toBeLessThanOrEqual(128);
    expect(seen.length).toBeLessThanOrEqual(1000);
    await arena.checkBoth(session);
    expect(await valueOf(session, "echo('again')")).toBe("'again'");
  });

  it("asks for large results and takes none: only its own session pays", async () => {
    const large = "x".repeat(900_000);
    const { session } = await openWithTools({ large: () => large }, { timeoutMs: 60_000 });
    await using _session = session;
    const outcome = await session.execute(
      `${forgeCall}\nimport time\nfor i in range(900):\n    forge_call(9000 + i, "large")\n    if i % 100 == 99: time.sleep(0.3)`,
    );
    expect(["ok", "crashed"]).toContain(outcome.status);
    await arena.checkBoth(session);
  });

  it("uses one number twice, and calls from a forked process", async () => {
    const { session, seen } = await openWithTools({ slow: () => new Promise(() => {}) });
    await using _session = session;
    await session.execute(`${forgeCall}\nforge_call(9000, "slow"); forge_call(9000)\necho("x")`);
    expect(seen).toEqual([{ text: "forged" }, { text: "x" }]);
    expect(await valueOf(session, `in_child(lambda: echo("child"))`)).toBe("77");
    expect(await valueOf(session, `echo("parent")`)).toBe("'parent'");
  });

  it("comes back to the session that waits, by way of another: refused", async () => {
    const other = await openWithTools();
    await using _other = other.session;
    const { session } = await openWithTools({
      there: async () => await valueOf(other.session, "back('x')"),
    });
    await using _session = session;
    await other.session.provide?.(
      createToolHost({
        tools: [
          tool({
            name: "back",
            description: "",
            input: z.object({ text: z.string() }),
            run: async () => await session.execute("1"),
          }),
        ],
      }),
    );
    const outcome = await session.execute("print(there('x'))");
    expect(outcome.status).toBe("ok");
    expect((await other.session.execute("1")).status).toBe("ok");
    await arena.checkBoth(session);
  });
});

describe("tools that misbehave", () => {
  it.each<[string, (text: string) => unknown, string]>([
    [
      "throws no error",
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- tools of others may.
        throw "just text";
      },
      "just text",
    ],
    [
      "throws without a message",
      () => Promise.reject(new Error("")),
      "it failed without a message",
    ],
    ["says too much", () => Promise.reject(new Error("x".repeat(1_000_000))), "x".repeat(4000)],
    ["returns a function", () => () => 1, "its result holds a function, which is no data"],
    [
      "returns a circle",
      () => {
        const circle: unknown[] = [];
        circle.push(circle);
        return circle;
      },
      "its result is deeper than 64 levels",
    ],
    [
      "returns a trap",
      () => ({
        get x() {
          throw new Error("trapped");
        },
      }),
      "trapped",
    ],
    [
      "lies about its JSON",
      () => ({
        toJSON() {
          throw new Error("no JSON");
        },
      }),
      "no JSON",
    ],
  ])("%s: a ToolError", async (_what, run, message) => {
    const { session } = await openWithTools({ bad: run });
    await using _session = session;
    const { error } = await session.execute("bad('x')");
    expect(error?.name).toBe("ToolError");
    expect(error?.message).toBe(message);
    await arena.checkBoth(session);
  });

  it("hangs and ignores its signal: the deadline holds", async () => {
    const { session } = await openWithTools(
      { hang: () => new Promise(() => {}) },
      { timeoutMs: 300 },
    );
    await using _session = session;
    expect((await session.execute("hang('x')")).status).toBe("timeout");
    await arena.checkBoth(session);
  });

  it("answers after its cell has ended: nobody hears it", async () => {
    const late = Promise.withResolvers<string>();
    const { session } = await openWithTools({ late: () => late.promise }, { timeoutMs: 300 });
    await using _session = session;
    expect((await session.execute("late('x')")).status).toBe("timeout");
    late.resolve("late");
    expect(await valueOf(session, "echo('y')")).toBe("'y'");
    await arena.checkBoth(session);
  });
});
