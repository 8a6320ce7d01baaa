import { readFileSync } from "node:fs";
import { CodeActError } from "../../errors.ts";
import type { UnpackContext } from "../benchmark.ts";
import { readArchive } from "../fetch/read-archive.ts";

const converter = readFileSync(
  new URL("../../../python/codeact_benchmarks/read_m3tooleval.py", import.meta.url),
  "utf8",
);

/** The files that the benchmark reads. */
const wanted = ["", "_tools", "_travel", "_web_pages"].map(
  (part) => `m3tooleval${part}.json${part === "_tools" || part === "_travel" ? "" : "l"}`,
);

/** Turns the release, an archive of Python, into data, by running it in a session. */
export async function unpackM3ToolEval(
  bytes: Uint8Array,
  { openSession }: UnpackContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const release = await readArchive(
    bytes,
    (path) => /\/scripts\/eval\/m3tooleval\/(tasks\/.*\.(?:py|jsonl?))$/.exec(path)?.[1],
  );
  if (release.size === 0) throw new Error("the release of M3ToolEval is not in it");
  const { files, execute } = await openSession();
  if (files === undefined) {
    throw new CodeActError("not_supported", "This runtime has no workspace for files.");
  }
  for (const [path, content] of release) await files.write(path, content);
  const outcome = await execute(
    `${converter.replace('if __name__ == "__main__":\n    main()', "")}\nmain()`,
  );
  if (outcome.status !== "ok") {
    throw new Error(`the release can't be read: ${outcome.error?.message ?? outcome.status}`);
  }
  const read = wanted.map(
    async (name) => [`m3tooleval/${name}`, await files.read(`data/${name}`)] as const,
  );
  return new Map(await Promise.all(read));
}
