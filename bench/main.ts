import { parseArgs } from "node:util";
import { isCodeActError } from "../src/errors.ts";
import { benchEngine } from "./engine/engine-bench.ts";
import { benchEvaluation } from "./evaluation/evaluation-bench.ts";
import { benchFidelity } from "./fidelity/fidelity-bench.ts";
import { fidelityTable } from "./fidelity/fidelity-report.ts";
import { figureTable } from "./figure.ts";
import type { Machine } from "./machine.ts";

const usage = `usage: npm run --silent bench -- engine [--only WORD,WORD...] [--json]
       npm run --silent bench -- eval --data DIR [--json]
       npm run --silent bench -- fidelity --data DIR [--json] [--out FILE]
           [--every N] [--libraries PYTHON] [--reference PYTHON]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    data: { type: "string" },
    out: { type: "string", default: "codeact-output/fidelity-differences.jsonl" },
    libraries: { type: "string" },
    reference: { type: "string" },
    every: { type: "string", default: "1" },
    only: { type: "string" },
  },
});

const reports = { engine: reportEngine, eval: reportEvaluation, fidelity: reportFidelity };
const [name = ""] = positionals;
const report = reports[name as keyof typeof reports];
if (report === undefined || positionals.length > 1) stopWithUsage();
try {
  const { data, table } = await report();
  console.log(values.json ? JSON.stringify(data) : `${machineLines(data.machine)}\n\n${table}`);
} catch (error) {
  if (!isCodeActError(error)) throw error;
  console.error(error.hint === undefined ? error.message : `${error.message} ${error.hint}`);
  process.exitCode = 1;
}

interface Report {
  readonly data: { readonly machine: Machine };
  readonly table: string;
}

async function reportEngine(): Promise<Report> {
  const data = await benchEngine((what) => {
    if (process.stderr.isTTY) console.error(`measuring ${what} ...`);
  }, values.only?.split(","));
  for (const failure of data.failures) console.error(failure);
  if (data.failures.length > 0) process.exitCode = 1;
  return { data, table: figureTable(data.figures) };
}

async function reportEvaluation(): Promise<Report> {
  if (values.data === undefined) stopWithUsage();
  const data = await benchEvaluation(values.data, (what) => {
    if (process.stderr.isTTY) console.error(`measuring ${what} ...`);
  });
  return { data, table: figureTable(data.figures) };
}

async function reportFidelity(): Promise<Report> {
  const { data: folder, out, libraries, reference } = values;
  const every = Number(values.every);
  if (folder === undefined || !Number.isInteger(every) || every < 1) stopWithUsage();
  const data = await benchFidelity({
    data: folder,
    out,
    every,
    ...(libraries === undefined ? {} : { libraries }),
    ...(reference === undefined ? {} : { reference }),
    onProgress(what) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${what} ...`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  return { data, table: fidelityTable(data) };
}

function stopWithUsage(): never {
  console.error(usage);
  process.exit(2);
}

function machineLines(machine: Machine): string {
  return `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}
Node ${machine.node}, Python ${machine.python}, codeact ${machine.codeact}`;
}
