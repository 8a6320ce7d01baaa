/** Reads a fidelity report from stdin and fails below the agreement that docs/fidelity.md promises. */
import { json } from "node:stream/consumers";

const leastAgreement = 0.985;

const report = (await json(process.stdin)) as {
  readonly cells: number;
  readonly comparable: number;
  readonly same: number;
  readonly different: Readonly<Record<string, number>>;
};
const agreement = report.same / report.comparable;
console.log(
  `fidelity: ${report.same} of ${report.comparable} recorded cells agree (${(agreement * 100).toFixed(2)} %)`,
);
console.log(`differences: ${JSON.stringify(report.different)}`);
process.exitCode = agreement >= leastAgreement ? 0 : 1;
