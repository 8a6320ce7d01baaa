/** Fails unless a report of `bench -- fidelity --json` shows the agreement that the project promises. */
import { readFileSync } from "node:fs";

interface Report {
  readonly comparable: number;
  readonly same: number;
  readonly agreement: number;
  readonly different: Readonly<Record<string, number>>;
}

const leastAgreement = 0.985;

const [path = ""] = process.argv.slice(2);
const { comparable, same, agreement, different } = JSON.parse(readFileSync(path, "utf8")) as Report;
const unexplained = different["unexplained"] ?? 0;
console.log(
  `fidelity: ${same} of ${comparable} cells agree (${(100 * agreement).toFixed(2)} %, at least ${100 * leastAgreement} %), ${unexplained} differences unexplained (0)`,
);
process.exitCode = comparable > 0 && agreement >= leastAgreement && unexplained === 0 ? 0 : 1;
