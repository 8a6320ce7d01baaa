import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** A program of a guide and what the guide says that it prints. */
const example = /<!-- (examples\/\S+) -->\n\n```ts\n(.*?)```\n\n```text\n(.*?)```/gs;

const guides = ["tools", "approvals", "data-analysis", "apis-and-scraping"];

describe.each(guides.map((name) => `docs/guides/${name}.md`))("%s", (guide) => {
  const examples = [...read(guide).matchAll(example)];

  it("shows an example as it is", () => {
    expect(examples).toHaveLength(1);
    for (const [, path = "", code] of examples) expect(code).toBe(read(path));
  });

  it.each(examples.map(([, path = "", , output = ""]) => ({ path, output })))(
    "prints what $path prints",
    async ({ path, output }) => {
      const child = spawn(process.execPath, [path], {
        cwd: fileURLToPath(root),
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit")]);
      // Pages hold no white space at the ends of lines.
      expect(printed.replaceAll(/ +$/gm, "")).toBe(output);
      expect(exitCode).toBe(0);
    },
  );
});
