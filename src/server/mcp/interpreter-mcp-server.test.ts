import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { afterAll, expect, it } from "vitest";
import { createBareRuntime } from "../../execution/runtimes/bare-runtime.ts";
import type { Session } from "../../execution/session.ts";
import { createInterpreterMcpServer } from "./interpreter-mcp-server.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

it("keeps the session that a reset has made when a call of the one before fails late", async () => {
  const isFresh = Promise.withResolvers<void>();
  /** A session whose calls end only once there is another one. */
  async function openSession(): Promise<Session> {
    const session = await runtime.open();
    const execute: Session["execute"] = (code, options) =>
      session.execute(code, options).catch(async (error: unknown) => {
        await isFresh.promise;
        throw error;
      });
    return Object.assign(Object.create(session) as Session, { execute });
  }
  const server = createInterpreterMcpServer({ version: "0", openSession, environment: {} });
  const client = new Client({ name: "host", version: "1" });
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.mcp.connect(theirs), client.connect(ours)]);
  const run = (code: string) => client.callTool({ name: "run_python", arguments: { code } });

  await run("x = 0");
  const late = run("import time\ntime.sleep(60)");
  await client.callTool({ name: "reset", arguments: {} });
  await run("x = 41");
  isFresh.resolve();
  expect((await late).isError).toBe(true);
  expect((await run("x + 1")).content).toEqual([{ type: "text", text: "42" }]);
  await client.close();
  await server.close();
});
