import assert from "node:assert/strict";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";

const megabytes = 200;
const rounds = 5;
const lineBytes = 64 * 1024;

/** Text that a cell prints, in lines of 64 KiB, until the host has it all: MB/s. */
export async function measureOutputStream(runtime: Runtime): Promise<Figure[]> {
  await using session = await runtime.open({
    limits: { outputBytes: 4 * megabytes * 1024 ** 2 },
  });
  const speeds: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const { status, outputs } = await session.execute(
      `line = 'x' * ${lineBytes - 1}\nfor _ in range(${(megabytes * 1024 ** 2) / lineBytes}): print(line)`,
    );
    const seconds = (performance.now() - started) / 1000;
    assert.equal(status, "ok");
    assert.equal(outputs[0]?.type === "stream" && outputs[0].text.length, megabytes * 1024 ** 2);
    speeds.push(megabytes / seconds);
  }
  return [figureOf("output_stream", "MB/s", speeds)];
}
