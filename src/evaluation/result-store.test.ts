import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resultOf } from "../../test/evaluation-result.ts";
import { openResultStore, readTrajectories } from "./result-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-results-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const play = (task: string, turns: number) => ({
  ...resultOf({ task }),
  key: `"${task}"\\`,
  turns,
  messages: [],
  events: [],
});

it("reads the last trajectory of each result, one by one, and passes over what is none", () => {
  using store = openResultStore(folder);
  store.add(play("a", 1));
  store.add(play("b", 2));
  store.add(play("a", 3));
  const { key, ...rest } = play("b", 4);
  const lines = [{ ...rest, key }, play("without a result", 5), { key: 6 }, 7].map((value) =>
    JSON.stringify(value),
  );
  appendFileSync(
    join(folder, "trajectories.jsonl"),
    `${lines.join("\n")}\n{"key":"x",}\nnothing\n`,
  );
  const found = [...store.trajectories()].map(({ task, turns }) => [task, turns]);
  expect(found).toEqual([
    ["a", 3],
    ["b", 4],
  ]);
  expect([...readTrajectories(folder)]).toEqual([...store.trajectories()]);
});

it("keeps results that tell nothing of what made them, and those that do", () => {
  const provenance = { startedAt: "2026-11-21T00:00:00.000Z", codeact: "0.1.0", runtime: "bare" };
  {
    using store = openResultStore(folder);
    store.add(play("a", 1));
    store.add({ ...play("b", 2), provenance });
  }
  using store = openResultStore(folder);
  expect(store.results().map((result) => result.provenance)).toEqual([undefined, provenance]);
});
