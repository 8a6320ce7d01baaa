import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "tar";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBareRuntime } from "../../execution/runtimes/bare-runtime.ts";
import { loadM3Data } from "./m3-data.ts";
import { unpackM3ToolEval } from "./unpack-m3.ts";

const runtime = createBareRuntime();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-m3-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await runtime.close();
});

const base = `from collections import namedtuple
from tqdm import tqdm
from .repl import PythonREPL
ToolType = namedtuple("ToolType", ["name", "description", "function", "fn_signature"])
class Task:
    def __init__(self, name, tools, instruction, expected_output, is_single_tool_task=True):
        print("a task")
        self.name, self.instruction, self.expected_output = name, instruction, expected_output
        self.tools = tools() if callable(tools) else tools
`;

/** A module of the release with one task, whose expected output is computed. */
function family(name: string, expected: string, more = ""): string {
  return `from ..base import Task, ToolType
${more}
tools = {"f": ToolType("f", "Does f.", sum, "f(x: int) -> int")}
TASKS = [Task(name="${name}/one", tools=lambda: tools, instruction="Do " + "it.", expected_output=${expected})]
`;
}

/** Packs an archive as the release is packed. */
async function pack(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, "code-act-main/scripts/eval/m3tooleval/tasks", path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
  }
  const archive = join(folder, "release.tar.gz");
  await create({ gzip: true, file: archive, cwd: folder }, ["code-act-main"]);
  return readFileSync(archive);
}

describe("unpackM3ToolEval", () => {
  it("runs the release in a session and keeps what its tasks are and expect", async () => {
    const bytes = await pack({
      "__init__.py": "",
      "base.py": base,
      "repl.py": "raise ImportError('not needed')",
      "impl/__init__.py": "",
      "impl/message_decoder.py": family("message_decoder", "'abc'[::-1]"),
      "impl/dna_sequencer.py": family("cryptobotanists_plant_dna_sequencer", "('A', 1 + 2)"),
      "impl/trade_calculator.py": family("trade_calculator", "8100.0"),
      "impl/travel_itinerary_planning.py": family(
        "travel_itinerary_planning",
        "1050",
        "flights, hotels = [{'price': 1}], [{'location': '\"A\"'}]",
      ),
      "impl/web_browsing/__init__.py": family("web_browsing", "True").replace("..base", "...base"),
      "impl/web_browsing/web_pages.jsonl": '{"name": "/", "content": "Welcome"}\n',
    });
    const files = await unpackM3ToolEval(bytes, { openSession: () => runtime.open() });
    const data = join(folder, "data");
    for (const [path, content] of files) {
      mkdirSync(join(data, path, ".."), { recursive: true });
      writeFileSync(join(data, path), content);
    }
    const loaded = await loadM3Data({ data });
    expect(loaded.tasks.map(({ name, expected }) => [name, expected])).toEqual([
      ["message_decoder/one", { type: "str", repr: "'cba'", text: "cba" }],
      [
        "cryptobotanists_plant_dna_sequencer/one",
        { type: "tuple", repr: "('A', 3)", text: "('A', 3)" },
      ],
      ["trade_calculator/one", { type: "float", repr: "8100.0", text: "8100.0" }],
      ["travel_itinerary_planning/one", { type: "int", repr: "1050", text: "1050" }],
      ["web_browsing/one", { type: "bool", repr: "True", text: "True" }],
    ]);
    expect(loaded.functions["web_browsing"]).toEqual([
      { name: "f", description: "Does f.", signature: "f(x: int) -> int" },
    ]);
    expect(loaded.travel).toEqual({ flights: [{ price: 1 }], hotels: [{ location: '"A"' }] });
    expect(loaded.pages).toEqual({ "/": "Welcome" });
  });

  it("names an archive that is another", async () => {
    await create({ gzip: true, file: join(folder, "other.tar.gz"), cwd: folder }, [
      "release.tar.gz",
    ]);
    const bytes = readFileSync(join(folder, "other.tar.gz"));
    await expect(unpackM3ToolEval(bytes, { openSession: () => runtime.open() })).rejects.toThrow(
      "the release of M3ToolEval is not in it",
    );
  });
});
