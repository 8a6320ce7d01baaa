import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Times, in milliseconds, of one byte that goes from this process through three that only pass it on and back: the
 * wake-ups of a cell, which goes from the host to the supervisor, the worker, the supervisor and back, and nothing
 * else. `pauseMs` lie between two echoes.
 */
export async function measureEcho(pauseMs: number, rounds: number): Promise<number[]> {
  const chain = spawn("sh", ["-c", "cat | cat | cat"], { stdio: ["pipe", "pipe", "ignore"] });
  const samples: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (pauseMs > 0) await sleep(pauseMs);
    const started = performance.now();
    chain.stdin.write("x");
    await once(chain.stdout, "data");
    samples.push(performance.now() - started);
  }
  chain.stdin.end();
  await once(chain, "close");
  return samples;
}
