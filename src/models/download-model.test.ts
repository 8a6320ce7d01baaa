import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { downloadModel, type DownloadOptions } from "./download-model.ts";
import { parseModelSource } from "./model-source.ts";

const content = Buffer.concat([Buffer.from("GGUF"), randomBytes(300_000)]);
const sha256 = createHash("sha256").update(content).digest("hex");

interface Behaviour {
  /** How many bytes each response sends before it breaks off; the last one counts from then on. */
  readonly cuts?: readonly number[];
  readonly ranges?: boolean;
  readonly etag?: () => string;
  readonly status?: number;
  readonly body?: Buffer;
  readonly hubTag?: string;
}

/** A file server with ranges, and connections that break. */
async function fileServer(behaviour: Behaviour = {}) {
  const { cuts = [], ranges = true, etag = () => '"v1"', body = content } = behaviour;
  const requests: IncomingMessage[] = [];
  let served = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    if (request.method === "HEAD") {
      response.writeHead(302, { location: "/elsewhere", "x-linked-etag": behaviour.hubTag ?? "" });
      response.end();
      return;
    }
    if (behaviour.status !== undefined) {
      response.writeHead(behaviour.status).end();
      return;
    }
    const { range } = request.headers;
    const asked = request.headers["if-range"];
    const fits = ranges && (asked === undefined || asked === etag());
    const start = fits ? Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (start >= body.length) {
      response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
      return;
    }
    response.writeHead(start > 0 ? 206 : 200, {
      etag: etag(),
      "content-length": body.length - start,
      ...(start > 0 && { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` }),
    });
    const cut = cuts[served++];
    if (cut === undefined) {
      response.end(body.subarray(start));
      return;
    }
    response.write(body.subarray(start, start + cut), () => {
      // Lets the bytes leave before the connection breaks.
      setTimeout(() => request.socket.destroy(), 20);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/files/tiny.gguf`,
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "codeact-download-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function download(source: string, options: Partial<DownloadOptions> = {}, env = {}) {
  return downloadModel({
    source: parseModelSource(source, env),
    folder,
    sleep: async () => undefined,
    ...options,
  });
}

describe("downloadModel", () => {
  it("brings a file, tells how far it is, and does not bring it twice", async () => {
    await using server = await fileServer();
    const seen: unknown[] = [];
    const onProgress = (progress: unknown) => seen.push(progress);
    const path = join(folder, "tiny.gguf");
    const expected = { path, bytes: content.length, sha256, verified: false };
    expect(await download(server.url, { onProgress })).toEqual(expected);
    expect(seen.at(-1)).toEqual({ receivedBytes: content.length, totalBytes: content.length });
    expect(await readFile(path)).toEqual(content);
    expect(await readdir(folder)).toEqual(["tiny.gguf"]);
    expect(await download(server.url, { sha256: sha256.toUpperCase() })).toEqual({
      ...expected,
      verified: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  it("goes on where the connection broke", async () => {
    await using server = await fileServer({ cuts: [100_000, 50_000] });
    await download(server.url, { sha256 });
    // How much of a piece arrives before its connection breaks is up to the machine.
    expect(server.requests).toHaveLength(3);
    expect(server.requests[0]?.headers.range).toBeUndefined();
    const { range, "if-range": condition } = server.requests[2]!.headers;
    expect(range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(condition).toBe('"v1"');
  });

  it("goes on in a later call, after it gave up or was stopped", async () => {
    await using server = await fileServer({ cuts: [100_000, 0, 0] });
    await expect(download(server.url, { maxRetries: 1 })).rejects.toMatchObject({
      code: "model_unreachable",
      hint: "Run the same command again: the download goes on where it was.",
    });
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("enough"));
    await expect(download(server.url, { onProgress, signal: controller.signal })).rejects.toThrow(
      "enough",
    );
    await download(server.url, { sha256 });
    expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d{4,}-$/);
  });

  it("begins anew when the file has changed, or the server knows no ranges", async () => {
    let version = 1;
    await using changed = await fileServer({ cuts: [1000], etag: () => `"v${version++}"` });
    await download(changed.url, { sha256 });
    await rm(join(folder, "tiny.gguf"));
    await using plain = await fileServer({ cuts: [1000], ranges: false });
    await download(plain.url, { sha256 });
    expect(plain.requests).toHaveLength(2);
  });

  it("takes a part that is whole already", async () => {
    await using server = await fileServer();
    const part = join(folder, "tiny.gguf.part");
    await writeFile(part, content);
    await writeFile(`${part}.json`, JSON.stringify({ url: server.url }));
    expect((await download(server.url)).sha256).toBe(sha256);
  });

  it("removes a file with another checksum", async () => {
    await using server = await fileServer();
    await expect(download(server.url, { sha256: "0".repeat(64) })).rejects.toMatchObject({
      code: "model_failed",
      message: `The checksum of tiny.gguf is ${sha256}, not ${"0".repeat(64)}; the file was removed.`,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it("asks the hub for the checksum, and shows it its token", async () => {
    await using server = await fileServer({ hubTag: `"${sha256}"` });
    const env = { HF_ENDPOINT: server.endpoint, HF_TOKEN: "hf_secret" };
    const result = await download("hf:owner/repo-GGUF/sub/tiny q4.gguf@v1", {}, env);
    expect(result).toMatchObject({ path: join(folder, "tiny_q4.gguf"), verified: true });
    expect(
      server.requests.map(({ method, url, headers }) => [method, url, headers.authorization]),
    ).toEqual([
      ["HEAD", "/owner/repo-GGUF/resolve/v1/sub/tiny%20q4.gguf", "Bearer hf_secret"],
      ["GET", "/owner/repo-GGUF/resolve/v1/sub/tiny%20q4.gguf", "Bearer hf_secret"],
    ]);
  });

  it("says what is wrong", async () => {
    const failing = async (behaviour: Behaviour) => {
      await using server = await fileServer(behaviour);
      return await download(server.url).catch((error: unknown) => error);
    };
    expect(await failing({ status: 404 })).toMatchObject({ code: "model_not_found" });
    expect(await failing({ status: 401 })).toMatchObject({ code: "model_auth_failed" });
    expect(await failing({ status: 503 })).toMatchObject({ code: "model_unreachable" });
    expect(await failing({ body: Buffer.from("<html>A page</html>") })).toMatchObject({
      code: "model_failed",
      message: expect.stringMatching(/ sent is not a GGUF file\.$/) as string,
    });
    for (const source of ["tiny.gguf", "http://host/page.html", "hf:owner/file.gguf"]) {
      expect(() => parseModelSource(source, {})).toThrow(`${source} does not name a GGUF file.`);
    }
  });
});
