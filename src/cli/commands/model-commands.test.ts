import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli } from "../program.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "codeact-models-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function cli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, {
    env: { HOME: folder, ...env },
    cwd: folder,
    stdin: Readable.from([""]),
    stdout,
    stderr,
    // No server of this machine is asked.
    fetch: async (input, init) => {
      const url = input instanceof Request ? input.url : input.toString();
      if (url.endsWith("/models")) throw new TypeError("no server answers");
      return fetch(url, init);
    },
  });
  const read = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? "").toString();
  return { code, stdout: read(stdout), stderr: read(stderr) };
}

it("lists models with context and price, the user's own entries first", async () => {
  const path = join(folder, "models.json");
  await writeFile(path, '{"models": [{"pattern": "groq/*", "contextTokens": 1000}]}');
  const env = { OPENAI_API_KEY: "k", GROQ_API_KEY: "k", CODEACT_MODELS: path };
  const result = await cli(["models"], env);
  expect(result).toEqual({
    code: 0,
    stdout: [
      "model                     context  input  output  pictures  tool calls",
      "openai/gpt-5-mini         400,000  $0.25  $2      yes       yes",
      "groq/openai/gpt-oss-120b  1,000    $0.15  $0.6    no        yes",
      "",
    ].join("\n"),
    stderr: expect.stringMatching(
      /^codeact: Prices are in US dollars .* out of date\.\n$/,
    ) as string,
  });
  const [first] = (await cli(["models", "--json"], env)).stdout.split("\n");
  expect(JSON.parse(first ?? "")).toEqual({
    spec: "openai/gpt-5-mini",
    contextTokens: 400_000,
    maxOutputTokens: 128_000,
    images: true,
    toolCalls: true,
    price: { input: 0.25, output: 2, cachedInput: 0.025 },
  });
  await writeFile(path, "[]");
  expect(await cli(["models"], env)).toMatchObject({ code: 2, stdout: "" });
  expect((await cli(["models"])).stderr).toMatch(/^codeact: No model was found\./);
});

it("downloads a model into the cache folder and prints its path", async () => {
  const server = createServer((_, response) => response.end("GGUF and more"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny.gguf`;
  const result = await cli(["model", "download", url]);
  expect(result).toEqual({
    code: 0,
    stdout: `${join(folder, ".cache", "codeact", "models", "tiny.gguf")}\n`,
    stderr: expect.stringMatching(
      /^codeact: 0\.0 MB, SHA-256 [0-9a-f]{64} \(not compared: give --sha256\)\.\n$/,
    ) as string,
  });
  expect(await cli(["model", "download", url, "--to", "here", "--sha256", "0".repeat(64)])).toEqual(
    {
      code: 4,
      stdout: "",
      stderr: expect.stringMatching(/^codeact: The checksum of tiny\.gguf is /) as string,
    },
  );
  expect(await readdir(join(folder, "here"))).toEqual([]);
  expect((await cli(["model", "download", url, "--sha256", "abc"])).code).toBe(2);
  server.closeAllConnections();
  server.close();
});
