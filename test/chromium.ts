import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";

/** The Chromium of this machine; tests that need it are skipped by name otherwise. */
export const chromium = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) =>
    ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)),
  )
  .find(existsSync);

/** A browser whose test forgot it does not live longer. */
const lifeMs = 180_000;

/** A page in a browser of its own. */
export interface BrowserPage extends AsyncDisposable {
  /** Opens an address and waits until it is loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** Presses a key, such as `j` or `Enter`. */
  press(key: string): Promise<void>;
  /** Faults of the page's scripts and what its policy refused. */
  readonly faults: readonly string[];
}

const messageSchema = z.looseObject({
  id: z.number().exactOptional(),
  method: z.string().exactOptional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
});
const evaluatedSchema = z.looseObject({ result: z.looseObject({ value: z.unknown().optional() }) });
const targetsSchema = z.array(
  z.looseObject({ type: z.string(), webSocketDebuggerUrl: z.string() }),
);

/** Starts a browser and talks to it by its DevTools protocol. */
export async function openBrowserPage(path: string): Promise<BrowserPage> {
  const profile = mkdtempSync(join(tmpdir(), "codeact-chromium-"));
  const child = spawn(
    path,
    [
      ..."--headless --no-sandbox --disable-gpu --disable-quic --no-first-run".split(" "),
      ..."--disable-background-networking --disable-component-update --disable-sync".split(" "),
      `--user-data-dir=${profile}`,
      "--remote-debugging-port=0",
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "pipe"], timeout: lifeMs },
  );
  let said = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once("exit", () => reject(new Error(`Chromium ended: ${said}`)));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const host = /DevTools listening on ws:\/\/([^/]+)/.exec(said)?.[1];
    if (host !== undefined) resolve(host);
  });
  const targets = await fetch(`http://${await promise}/json`);
  const target = targetsSchema.parse(await targets.json()).find(({ type }) => type === "page")!;
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, "open");
  const waiting = new Map<number, (result: unknown) => void>();
  const loads: (() => void)[] = [];
  const faults: string[] = [];
  let sent = 0;
  socket.addEventListener("message", ({ data }) => {
    const { id, method, params, result } = messageSchema.parse(JSON.parse(String(data)));
    if (id !== undefined) waiting.get(id)?.(result);
    if (method === "Page.loadEventFired") loads.shift()?.();
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      faults.push(JSON.stringify(params));
    }
  });
  const send = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve) => {
      sent += 1;
      waiting.set(sent, resolve);
      socket.send(JSON.stringify({ id: sent, method, params }));
    });
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
  return {
    faults,
    async open(url) {
      const loaded = new Promise<void>((resolve) => loads.push(resolve));
      await send("Page.navigate", { url });
      await loaded;
    },
    async evaluate(expression) {
      const options = { expression, awaitPromise: true, returnByValue: true };
      return evaluatedSchema.parse(await send("Runtime.evaluate", options)).result.value;
    },
    async press(key) {
      const text = key === "Enter" ? "\r" : key;
      const code = key === "Enter" ? { windowsVirtualKeyCode: 13 } : {};
      await send("Input.dispatchKeyEvent", { type: "keyDown", key, text, ...code });
      await send("Input.dispatchKeyEvent", { type: "keyUp", key, ...code });
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
