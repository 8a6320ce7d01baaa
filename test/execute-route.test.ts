import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createNamedSessions, type NamedSessions } from "../src/server/execute/named-sessions.ts";
import { startChatServer, type ChatServer } from "./chat-server.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

let namedSessions: NamedSessions;
let server: ChatServer;
let opened = 0;
beforeEach(async () => {
  opened = 0;
  namedSessions = createNamedSessions({
    openSession: () => {
      opened += 1;
      return runtime.open();
    },
    maxSessions: 2,
  });
  server = await startChatServer(runtime, [], { namedSessions });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await namedSessions.close();
});

async function execute(body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}/execute`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as unknown;
}

const run = (code: string, convid = "a") => execute({ convid, code });

it("runs code in the interpreter of a conversation", async () => {
  expect(await run("x = 6")).toEqual({
    result: "[Code executed successfully with no output]",
    new_kernel_created: true,
  });
  expect(await run("print(x)\nx * 7")).toEqual({ result: "6\n42", new_kernel_created: false });
  expect(await run("x", "b")).toMatchObject({
    result: expect.stringContaining("NameError: name 'x' is not defined") as string,
    new_kernel_created: true,
  });
});

it("shows pictures as Markdown, and says what became of a crash", async () => {
  const picture = "class P:\n    def _repr_png_(self): return b'\\x89PNG'\nprint(1)\nP()";
  expect(await run(picture)).toMatchObject({
    result: "1\n![image](data:image/png;base64,iVBORw==)",
  });
  expect(await run("import os; os._exit(1)")).toMatchObject({
    result: expect.stringMatching(
      /^\[The interpreter died: .* before this code ran\.\]$/,
    ) as string,
  });
});

it("does the work of one conversation in turn, and opens its interpreter once", async () => {
  const codes = ["n = 0", ...Array.from({ length: 5 }, () => "n += 1; print(n)")];
  const results = await Promise.all(codes.map((code) => run(code)));
  expect(results.slice(1).map((each) => (each as { result: string }).result)).toEqual(
    [1, 2, 3, 4, 5].map((n) => `${n}\n`),
  );
  expect(opened).toBe(1);
});

it("makes room for another conversation", async () => {
  for (const convid of ["a", "b", "c"]) await run("x = 1", convid);
  expect(await run("x", "a")).toMatchObject({ new_kernel_created: true });
  expect(await run("x", "c")).toMatchObject({ result: "1", new_kernel_created: false });
});

it("refuses what it can't use with one sentence", async () => {
  expect(await execute({ convid: 5 })).toEqual({
    error: {
      message: "The request needs convid and code, both texts.",
      type: "invalid_request_error",
      code: "invalid_input",
      param: null,
    },
  });
});
