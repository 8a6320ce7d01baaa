import type { EnvironmentDescription, FunctionDescription } from "./format.ts";

/** Says what a model should know of its interpreter: version, packages, functions, files. */
export function describeEnvironment(
  environment: EnvironmentDescription,
  maxListed: number,
): string {
  const lines: string[] = [];
  if (environment.pythonVersion !== undefined) {
    lines.push(`The interpreter is Python ${environment.pythonVersion}.`);
  }
  if (environment.packages !== undefined) {
    lines.push(
      environment.packages.length === 0
        ? "Only the standard library can be imported."
        : `Besides the standard library these packages can be imported: ${list(environment.packages, maxListed)}.`,
    );
  }
  if (environment.network !== undefined) {
    lines.push(
      environment.network.length === 0
        ? "The network cannot be reached: nothing can be downloaded or installed."
        : `Of the network only these hosts can be reached, through the proxy that is set up already: ${list(environment.network, maxListed)}.`,
    );
  }
  if (environment.files !== undefined && environment.files.length > 0) {
    lines.push(`Files in the current folder: ${list(environment.files, maxListed)}.`);
  }
  if (environment.functions !== undefined && environment.functions.length > 0) {
    lines.push("", functionsHeading, "", ...environment.functions.map(describeFunction));
  }
  return lines.join("\n");
}

function list(names: readonly string[], maxListed: number): string {
  const shown = names.slice(0, maxListed).join(", ");
  const rest = names.length - maxListed;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

const functionsHeading =
  "These functions are defined already; those with a dot are in a module that is imported already. They do their work outside of the interpreter, and help(function) tells more. In async code they can be awaited and run in parallel with asyncio.gather. A call that fails raises ToolError.";

const maxSummaryCharacters = 400;

/** One function as a line of a list: its call, then the first paragraph of what it does. */
export function describeFunction({ name, signature, description }: FunctionDescription): string {
  const [summary = ""] = description.trim().split(/\n\s*\n/);
  const text = summary.replaceAll(/\s+/g, " ");
  const isLong = text.length > maxSummaryCharacters;
  return `- ${name}${signature}: ${isLong ? `${text.slice(0, maxSummaryCharacters)}...` : text}`;
}
