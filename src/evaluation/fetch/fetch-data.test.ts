import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DataSource } from "../benchmark.ts";
import { fetchData, type FetchProgress } from "./fetch-data.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "codeact-fetch-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** Serves one answer to everything. */
async function serve(answer: (response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function get(source: Partial<DataSource> & { readonly url: string }, again = false) {
  const progress: FetchProgress[] = [];
  const files = await fetchData([{ path: "b/file.jsonl", ...source }], {
    fetch,
    data,
    again,
    openSession: () => Promise.reject(new Error("there is no session")),
    onProgress: (now) => progress.push(now),
  });
  return { files, progress };
}

describe("fetchData", () => {
  const content = "{}\n";
  const sha256 = "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356";

  it("keeps what is downloaded, tells how far it is, and fetches nothing twice", async () => {
    await using server = await serve((response) => response.end(content));
    const { files, progress } = await get({ url: server.url, sha256 });
    expect(files).toEqual([join(data, "b/file.jsonl")]);
    expect(readFileSync(files[0]!, "utf8")).toBe(content);
    expect(progress.at(-1)).toEqual({ path: "b/file.jsonl", receivedBytes: 3, totalBytes: 3 });
    await get({ url: server.url });
    expect(server.requests()).toBe(1);
    await get({ url: server.url }, true);
    expect(server.requests()).toBe(2);
  });

  it("unpacks", async () => {
    await using server = await serve((response) => response.end(gzipSync(content)));
    const unpack = async (bytes: Uint8Array) => new Map([["b/inside.jsonl", gunzipSync(bytes)]]);
    const { files } = await get({ url: server.url, unpack });
    expect(readFileSync(files[0]!, "utf8")).toBe(content);
  });

  it("fetches an archive again until all of its files are in place", async () => {
    await using server = await serve((response) => response.end(content));
    // A folder is where the second file should be.
    mkdirSync(join(data, "b/second.jsonl/x"), { recursive: true });
    const file = new TextEncoder().encode(content);
    const unpack = async () =>
      new Map(["b/file.jsonl", "b/first.jsonl", "b/second.jsonl"].map((path) => [path, file]));
    const source = { url: server.url, unpack };
    await expect(get(source)).rejects.toMatchObject({
      code: "permission_denied",
      message: expect.stringContaining("b/second.jsonl can't be written"),
    });
    // What tells that all is there comes last: the next time it is fetched again.
    expect(readdirSync(join(data, "b"))).toEqual(["first.jsonl", "second.jsonl"]);
    rmSync(join(data, "b/second.jsonl"), { recursive: true });
    const { files } = await get(source);
    expect(files.map((path) => readFileSync(path, "utf8"))).toEqual([content, content, content]);
  });

  const faults: readonly (readonly [string, (response: ServerResponse) => void, RegExp])[] = [
    ["a missing file", (response) => response.writeHead(404).end(), /the server answers 404/],
    [
      "another file",
      (response) => response.end("other"),
      /its checksum is [\da-f]{64} in place of/,
    ],
    [
      "a broken connection",
      (response) => {
        response.writeHead(200, { "content-length": "100" }).write("half");
        setTimeout(() => response.destroy(), 20);
      },
      /can't be fetched/,
    ],
  ];
  it.each(faults)("leaves nothing behind after %s", async (_name, answer, message) => {
    await using server = await serve(answer);
    const failed = get({ url: server.url, sha256 });
    await expect(failed).rejects.toMatchObject({
      code: "data_unavailable",
      message: expect.stringMatching(message),
    });
    expect(readdirSync(data)).toEqual([]);
  });

  it("says clearly that there is no connection, and that a file can't be unpacked", async () => {
    await expect(get({ url: "http://127.0.0.1:1/file" })).rejects.toMatchObject({
      code: "data_unavailable",
      message: expect.stringContaining("http://127.0.0.1:1/file can't be fetched"),
      hint: expect.stringContaining("--data"),
    });
    await using server = await serve((response) => response.end(content));
    const unpack = async (bytes: Uint8Array) => new Map([["b/x", gunzipSync(bytes)]]);
    await expect(get({ url: server.url, unpack })).rejects.toThrow(
      "can't be unpacked: incorrect header",
    );
    expect(existsSync(join(data, "b"))).toBe(false);
  });
});
