import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLineFile, readLines } from "./line-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-lines-"));
  file = join(folder, "lines");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("reads whole lines with their numbers, across the pieces in which it reads", () => {
  const long = "é".repeat(3_000_000);
  writeFileSync(file, `a\n\n${long}\n \nb\ncut off`);
  expect([...readLines(file)]).toEqual([
    { number: 1, line: "a" },
    { number: 3, line: long },
    { number: 5, line: "b" },
  ]);
  expect([...readLines(join(folder, "nothing"))]).toEqual([]);
});

it("removes a line that was never ended, however long, and goes on behind the others", () => {
  appendFileSync(file, `a\n${"x".repeat(3_000_000)}`);
  using lines = openLineFile(file);
  lines.append("b");
  expect(readFileSync(file, "utf8")).toBe("a\nb\n");
});

it("leaves no piece of a line behind where the disk takes only a part of it", () => {
  const script = join(folder, "fill.ts");
  const module = fileURLToPath(new URL("line-file.ts", import.meta.url));
  writeFileSync(
    script,
    `import { openLineFile } from ${JSON.stringify(module)};
const lines = openLineFile(${JSON.stringify(file)});
try {
  for (;;) lines.append("x".repeat(999));
} catch (error) {
  console.log(error.code, error.message);
}
`,
  );
  // A limit of 4 blocks for each file, which the writer meets as an error in place of a signal.
  const command = `trap "" XFSZ; ulimit -f 4; exec "${process.execPath}" "${script}"`;
  const said = execFileSync("bash", ["-c", command], { encoding: "utf8" });
  expect(said).toMatch(/^permission_denied .*lines can't be written: EFBIG/);
  expect(readFileSync(file, "utf8")).toMatch(/^(x{999}\n)+$/);
});

it("says what can't be opened", () => {
  mkdirSync(file);
  expect(() => openLineFile(file)).toThrow(`${file} can't be written: EISDIR`);
});
