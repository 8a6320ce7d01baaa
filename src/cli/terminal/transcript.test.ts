import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { highlightPython } from "./highlight-python.ts";
import { createTranscript } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

function written(write: (transcript: Transcript) => void): string {
  const stream = new PassThrough();
  write(createTranscript(stream));
  return String(stream.read() ?? "");
}

it("keeps sections apart and puts code behind a bar, however the pieces are cut", () => {
  const text = written((transcript) => {
    for (const piece of ["\n\nI lo", "ok.", "\n", "\n"]) transcript.text(piece);
    for (const piece of ["\nx = '", "a\nb'\n", "print(x)", "\n"]) transcript.code(piece);
    for (const piece of ["o", "ne\ntw", "o"]) transcript.output(piece);
    transcript.text("Done.");
    transcript.end();
  });
  expect(text).toBe("I look.\n\n│ x = 'a\n│ b'\n│ print(x)\n  one\n  two\n\nDone.\n");
});

it("begins a block on a line of its own", () => {
  const text = written((transcript) => {
    transcript.block("5");
    transcript.output("half");
    transcript.block("Traceback\nValueError");
    transcript.block("[stopped]\n");
  });
  expect(text).toBe("  5\n  half\n  Traceback\n  ValueError\n  [stopped]\n");
});

it("lets no escape sequence or control character of the code through", () => {
  const hostile = "a\u001b[31mb\u001b]0;title\u0007c\u009b2J\u0008d\r\ne\tf";
  expect(written((transcript) => transcript.output(hostile))).toBe("  abcd\n  e\tf");
});

it("highlights each line by itself", () => {
  const lines = highlightPython(
    'x = """a < b\n& c"""  # end',
    (style, text) => `<${String(style)}:${text}>`,
  );
  expect(lines).toEqual(['x = <green:"""a < b>', '<green:& c""">  <gray:# end>']);
});
