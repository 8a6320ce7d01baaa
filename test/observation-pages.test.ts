import { afterAll, expect, it } from "vitest";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { renderObservation } from "../src/formats/render.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

/** What a model reads, without the heading. */
function shown(outcome: Parameters<typeof renderObservation>[0], maxCharacters: number): string {
  const [part] = renderObservation(outcome, { maxCharacters, images: false });
  expect(part?.type).toBe("text");
  return part?.type === "text" ? part.text.replace("Execution Output:\n", "") : "";
}

it("reads on where an observation was cut, with the code that it names", async () => {
  await using session = await runtime.open();
  const outcome = await session.execute(
    "print('\\x1b[1mstart\\x1b[0m', end='')\ndisplay({'a': 1})\nfor i in range(2000): print('row', i)\n'the value'",
  );
  const whole = shown(outcome, 1_000_000);
  const cut = shown(outcome, 1000);
  const [, code, from] = /: (print\(cell_output\(1\)\[(\d+):\d+\]\)) shows more/.exec(cut) ?? [];
  const head = cut.slice(0, cut.indexOf("[..."));
  expect(whole.startsWith(head)).toBe(true);
  expect(Number(from)).toBe(head.length);
  const page = shown(await session.execute(code!), 1000);
  expect(whole.startsWith(head + page)).toBe(true);
});

it("shows a long list as a list and the text of the same cell whole to code", async () => {
  await using session = await runtime.open();
  const outcome = await session.execute(
    "print('all:')\n[{'n': i, 'sq': i * i} for i in range(500)]",
  );
  const cut = shown(outcome, 600);
  expect(cut).toMatch(
    /^all:\n\[\{'n': 0, 'sq': 0\},[^]*'\.\.\. \d+ more items'[^]*\{'n': 499, 'sq': 249001\}\]\n\[shortened/,
  );
  const code = /: (print\(cell_output\(1\)\[\d+:\d+\]\)) shows more\]$/.exec(cut)?.[1];
  expect(shown(await session.execute(code!), 600)).toMatch(/^\[\{'n': 0, 'sq': 0\},\n \{'n': 1/);
});

it("says in the same words what a cell put out", async () => {
  await using session = await runtime.open();
  const outcome = await session.execute(
    "import sys\nprint('a', end='')\ndisplay([1])\nprint('b', file=sys.stderr)\n1/0",
  );
  const read = await session.execute("import json\nprint(json.dumps(cell_output(1)))");
  const text = read.outputs[0]?.type === "stream" ? read.outputs[0].text : "";
  expect(JSON.parse(text)).toBe(`${shown(outcome, 10_000)}\n`);
});
