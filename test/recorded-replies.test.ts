import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createFormat, formatNames } from "../src/formats/choose-format.ts";
import type { ActionFormat, ParsedReply } from "../src/formats/format.ts";

const folder = join(
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url)),
  "mint",
  "outputs",
);
const recordings = existsSync(folder) ? globSync(join(folder, "**", "results.jsonl")).sort() : [];

const recordSchema = z.object({
  state: z.object({
    history: z.array(z.object({ role: z.string(), content: z.string() })),
  }),
});

/** Replies that real models wrote, from the start of each recording. */
function recordedReplies(perFile: number): readonly string[] {
  return recordings.flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n", perFile)
      .filter((line) => line !== "")
      .flatMap((line) => {
        const { history } = recordSchema.parse(JSON.parse(line)).state;
        return history.filter(({ role }) => role === "assistant").map(({ content }) => content);
      })
      .filter((reply) => reply !== "")
      .slice(0, perFile),
  );
}

interface Reading {
  readonly reply: ParsedReply;
  readonly complete: boolean;
  readonly text: string;
  readonly code: string;
}

function read(format: ActionFormat, pieces: Iterable<string>): Reading {
  const parser = format.createParser();
  const seen = { text: "", code: "" };
  for (const piece of pieces) {
    for (const segment of parser.push(piece)) seen[segment.type] += segment.text;
  }
  const { complete } = parser;
  return { reply: parser.finish(), complete, ...seen };
}

const missing = recordings.length === 0 ? " (needs CODEACT_DATA with mint/outputs)" : "";

describe.skipIf(missing !== "")(`replies of real models${missing}`, () => {
  it.each(formatNames)("%s: read the same cut at every character", (name) => {
    const format = createFormat(name);
    const replies = recordedReplies(6);
    expect(replies.length).toBeGreaterThan(100);
    for (const reply of replies) {
      expect(read(format, reply.split(""))).toEqual(read(format, [reply]));
    }
  });

  it.each(formatNames)("%s: read the same cut in two at every place", (name) => {
    const format = createFormat(name);
    for (const reply of recordedReplies(1).slice(0, 40)) {
      const whole = JSON.stringify(read(format, [reply]));
      const cuts = Array.from({ length: reply.length }, (_, cut) => cut);
      const differing = cuts.filter((cut) => {
        const parted = read(format, [reply.slice(0, cut), reply.slice(cut)]);
        return JSON.stringify(parted) !== whole;
      });
      expect({ reply, differing }).toEqual({ reply, differing: [] });
    }
  });

  it("code: finds the action in nearly all that have one", () => {
    const format = createFormat("code");
    const acting = recordedReplies(20).filter((reply) =>
      /<execute>\s*\S[^]*<\/execute>/.test(reply),
    );
    const missed = acting.filter((reply) => read(format, [reply]).reply.kind !== "action");
    expect(acting.length).toBeGreaterThan(500);
    expect(missed.length / acting.length).toBeLessThan(0.01);
  });
});
