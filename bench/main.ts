import { parseArgs } from "node:util";
import { benchEngine } from "./engine/engine-bench.ts";
import { figureTable } from "./figure.ts";

const suites = { engine: benchEngine };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const [name = ""] = positionals;

if (!(name in suites) || positionals.length > 1) {
  console.error(`usage: npm run --silent bench -- ${Object.keys(suites).join("|")} [--json]`);
  process.exit(2);
}
const report = await suites[name as keyof typeof suites]((what) => {
  if (process.stderr.isTTY) console.error(`measuring ${what} ...`);
});
if (values.json) {
  console.log(JSON.stringify(report));
} else {
  const { machine, figures } = report;
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}`,
  );
  console.log(`Node ${machine.node}, Python ${machine.python}, codeact ${machine.codeact}\n`);
  console.log(figureTable(figures));
}
