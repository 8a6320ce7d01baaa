import { type CellResult, comparableText } from "./compare-cell.ts";
import type { RecordedCell } from "./recorded-trajectory.ts";

/** Why a cell's result differs from its recording. Each is told by a test, never by elimination. */
export type Cause =
  | "memory addresses"
  | "missing packages"
  | "notice of the recording"
  | "library versions"
  | "python version"
  | "randomness"
  | "time"
  | "set order"
  | "earlier difference"
  | "unexplained";

/** What is known of a cell that differs. */
export interface Difference {
  readonly cell: RecordedCell & Required<Pick<RecordedCell, "observation">>;
  readonly result: CellResult;
  /** Whether the cell agreed in an environment that has the recording's libraries. */
  readonly agreesWithLibraries: boolean;
  /** Whether it agreed in IPython on the recording's Python, with its libraries. */
  readonly agreesWithReference: boolean;
  /** Results of the same cell in forks of the same zygote, thus with the same order of hashes. */
  readonly again: readonly CellResult[];
  /** Results in zygotes of their own, each with another order of hashes. */
  readonly elsewhere: readonly CellResult[];
  /** Results with the clock at the time of the recording. */
  readonly atRecordingTime: readonly CellResult[];
  /** Earlier cells of the trajectory that did not end in time or differed. */
  readonly suspects: readonly RecordedCell[];
}

const address = /0x[0-9a-f]{4,}/g;
const historyNotice =
  /^The history saving thread hit an unexpected error .*History will not be written to the database\.$/m;

/** Tells the cause of a difference. */
export function causeOf(difference: Difference): Cause {
  const { cell, result, suspects } = difference;
  const ours = comparableText(result.text);
  const theirs = comparableText(cell.observation.text);
  const bothEndWell = result.errors.length === 0 && cell.observation.errors.length === 0;
  if (bothEndWell && withoutAddresses(ours) === withoutAddresses(theirs)) return "memory addresses";
  if (missesPackage(difference)) return "missing packages";
  if (bothEndWell && ours === comparableText(cell.observation.text.replace(historyNotice, ""))) {
    return "notice of the recording";
  }
  if (lacksNameOf(result, suspects)) return "earlier difference";
  const [then, ...alsoThen] = difference.atRecordingTime;
  if (difference.again.some((other) => !isSame(other, result))) return "randomness";
  if (then !== undefined && alsoThen.some((other) => !isSame(other, then))) return "randomness";
  if (then !== undefined && !isSame(then, result)) return "time";
  if (difference.elsewhere.some((other) => !isSame(other, result))) return "set order";
  if (difference.agreesWithLibraries) return "library versions";
  if (difference.agreesWithReference) return "python version";
  if (suspects.some((suspect) => usesNamesOf(cell.code, suspect.code))) return "earlier difference";
  return "unexplained";
}

function missesPackage({ cell, result }: Difference): boolean {
  return (
    result.errors.at(-1) === "ModuleNotFoundError" &&
    !cell.observation.errors.includes("ModuleNotFoundError")
  );
}

/** Tells whether a name is missing that an earlier cell would have defined, had it not failed or hung. */
function lacksNameOf(result: CellResult, suspects: readonly RecordedCell[]): boolean {
  const name = /^name '(\w+)' is not defined/.exec(result.errorMessage ?? "")?.[1];
  return (
    result.errors.at(-1) === "NameError" &&
    name !== undefined &&
    suspects.some((suspect) => usesNamesOf(name, suspect.code))
  );
}

function isSame(one: CellResult, other: CellResult): boolean {
  return (
    withoutAddresses(one.text) === withoutAddresses(other.text) &&
    one.errors.join() === other.errors.join()
  );
}

function withoutAddresses(text: string): string {
  return text.replaceAll(address, "0x");
}

const binding =
  /^[ \t]*(?:(?:def|class)[ \t]+(\w+)|(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*=(?!=)|(?:from[ \t]+\S+[ \t]+)?import[ \t]+(.+))/gm;

/** Tells whether code uses a name that other code defines, assigns or imports. */
export function usesNamesOf(code: string, definition: string): boolean {
  const defined = new Set(
    [...definition.matchAll(binding)].flatMap(([, name, targets, imported]) =>
      name !== undefined
        ? [name]
        : (targets ?? imported ?? "")
            .split(",")
            .map((part) => part.trim().split(/\s+/).at(-1) ?? ""),
    ),
  );
  return [...code.matchAll(/[A-Za-z_]\w*/g)].some(([name]) => defined.has(name));
}
