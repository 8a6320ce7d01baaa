import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { errorKinds } from "./errors.ts";

const page = readFileSync(new URL("../docs/reference/errors.md", import.meta.url), "utf8");

describe("docs/reference/errors.md", () => {
  it("has one row for every code, with its status, exit code and whether to retry", () => {
    const rows = page.match(/^\| `[a-z_]+` .*$/gm) ?? [];
    const facts = rows.map((row) =>
      row
        .split("|")
        .slice(1, 5)
        .map((cell) => cell.trim()),
    );
    expect(facts).toEqual(
      Object.entries(errorKinds).map(([code, { httpStatus, exitCode, retryable }]) => [
        `\`${code}\``,
        String(httpStatus),
        String(exitCode),
        retryable ? "yes" : "no",
      ]),
    );
  });
});
