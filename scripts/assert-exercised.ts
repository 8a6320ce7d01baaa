/** Fails unless the last test run really exercised what it is for; a skip must not pass for a success. */
import { readFileSync } from "node:fs";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const required: Readonly<Record<string, number>> = {
  "runtime sandbox ": 35,
  "runtime bare ": 35,
  "runtime sandbox without transactions ": 25,
  "the file system ": 5,
  "the kernel's surface ": 5,
  "resources ": 5,
  "the life cycle ": 5,
  "network and secrets ": 5,
  "protocol and host ": 5,
  "the pages of a report ": 4,
};

const report = JSON.parse(readFileSync("coverage/test-report.json", "utf8")) as Report;
const passed = report.testResults
  .flatMap((file) => file.assertionResults)
  .filter((result) => result.status === "passed")
  .map((result) => result.fullName);

let failed = report.numFailedTests > 0;
for (const [prefix, least] of Object.entries(required)) {
  const count = passed.filter((name) => name.startsWith(prefix)).length;
  console.log(`${prefix.trim()}: ${count} tests passed (at least ${least})`);
  failed ||= count < least;
}
console.log(
  `tests: ${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`,
);
process.exitCode = failed ? 1 : 0;
