import assert from "node:assert/strict";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";

const megabytes = 200;
const rounds = 5;
const chunk = Buffer.alloc(256 * 1024, "data");

/**
 * A file of 200 MB that the host streams into a workspace (`file_upload`) and out of it again (`file_download`), in
 * pieces of 256 KiB: MB/s; more is better. `file_throughput` is both ways together: twice the file by the time of both.
 * Fails when the host's memory grows by three quarters of the file.
 */
export async function measureFileThroughput(runtime: Runtime): Promise<Figure[]> {
  await using session = await runtime.open();
  const { files } = session;
  assert(files?.stream !== undefined);
  const pieces = (megabytes * 1024 ** 2) / chunk.length;
  const up: number[] = [];
  const down: number[] = [];
  const both: number[] = [];
  const before = process.memoryUsage().rss;
  let peak = before;
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await files.write("large.bin", upload(pieces));
    const uploaded = performance.now();
    let bytes = 0;
    for await (const piece of await files.stream("large.bin")) {
      bytes += piece.length;
      if (bytes % (8 * chunk.length) === 0) peak = Math.max(peak, process.memoryUsage().rss);
    }
    const ended = performance.now();
    down.push((megabytes * 1000) / (ended - uploaded));
    up.push((megabytes * 1000) / (uploaded - started));
    both.push((2 * megabytes * 1000) / (ended - started));
    assert.equal(bytes, megabytes * 1024 ** 2);
  }
  assert(peak - before < 0.75 * megabytes * 1024 ** 2, "streaming a file takes too much memory");
  return [
    figureOf("file_throughput", "MB/s", both),
    figureOf("file_upload", "MB/s", up),
    figureOf("file_download", "MB/s", down),
  ];
}

async function* upload(pieces: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < pieces; i += 1) yield chunk;
}
