import { Option } from "commander";
import { ensureEnvironment } from "../execution/environment.ts";
import type { FoundPython } from "../execution/find-python.ts";
import { allowedHosts, type NetworkOptions } from "../execution/network/network.ts";
import { createLastingRuntime } from "../execution/lasting-runtime.ts";
import type { Runtime } from "../execution/runtime.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { createSandboxRuntime } from "../execution/runtimes/sandbox-runtime.ts";
import type { EnvironmentDescription } from "../formats/format.ts";
import type { CliContext } from "./cli-context.ts";
import { chooseNetwork, type NetworkChoice, networkOptions } from "./network-choice.ts";
import { createProgressLine } from "./terminal/progress-line.ts";

export type RuntimeName = "sandbox" | "bare";

/** The options by which every command chooses its runtime. */
export interface RuntimeChoice extends NetworkChoice {
  readonly runtime: RuntimeName;
  readonly python?: string;
}

/** Makes the options `--runtime`, `--python` and those of the network. */
export function runtimeOptions(): readonly Option[] {
  return [
    new Option("--runtime <name>", "where the code runs; bare is without isolation")
      .choices(["sandbox", "bare"])
      .default("sandbox"),
    new Option("--python <path>", "Python interpreter to use instead of the one that is found"),
    ...networkOptions(),
  ];
}

/** A runtime and what it runs. Whoever asked for it closes the runtime. */
export interface ChosenRuntime {
  readonly runtime: Runtime;
  readonly python: FoundPython;
  /** What its sessions may reach. */
  readonly network: NetworkOptions | undefined;
  /** What the model is told of it. */
  readonly environment: EnvironmentDescription;
}

/** Finds or makes the Python environment and creates the runtime on it; notices go to stderr. */
export async function chooseRuntime(
  choice: RuntimeChoice,
  context: CliContext,
  signal?: AbortSignal,
): Promise<ChosenRuntime> {
  const { stderr, env } = context;
  const network = chooseNetwork(choice, context);
  const progress = createProgressLine(stderr);
  const { python, notice } = await ensureEnvironment({
    env,
    onProgress: progress.update,
    ...(choice.python !== undefined && { python: choice.python }),
    ...(signal && { signal }),
  }).finally(progress.end);
  if (notice !== undefined) stderr.write(`codeact: ${notice}\n`);
  if (choice.runtime === "bare") {
    stderr.write(
      "codeact: The bare runtime has no isolation: the code can read and change everything that you can.\n",
    );
  }
  const chosen = choice.runtime === "bare" ? createBareRuntime : createSandboxRuntime;
  const create = async (): Promise<Runtime> => await chosen({ python: python.path });
  return {
    runtime: createLastingRuntime(await create(), create),
    python,
    network,
    environment: {
      pythonVersion: python.version,
      packages: Object.keys(python.packages),
      ...(choice.runtime === "sandbox" && { network: network ? allowedHosts(network) : [] }),
    },
  };
}
