import { Option } from "commander";
import { z } from "zod";
import { CodeActError } from "../errors.ts";
import type { HostCredentials, NetworkOptions } from "../execution/network/network.ts";
import type { CliContext } from "./cli-context.ts";
import { readInputFile } from "./workspace-files.ts";

/** The options by which a command opens the network to its code. */
export interface NetworkChoice {
  readonly allowNet?: readonly string[];
  readonly allowPrivateNet?: readonly string[];
  readonly netCredentials?: string;
}

/** Makes the options of `NetworkChoice`. */
export function networkOptions(): readonly Option[] {
  const collect = (text: string, earlier: readonly string[] = []) => [
    ...earlier,
    ...text.split(",").filter((entry) => entry.trim() !== ""),
  ];
  return [
    new Option(
      "--allow-net <host[:port]>",
      "a host that code may reach, such as pypi.org or *.example.org; may be repeated",
    ).argParser(collect),
    new Option(
      "--allow-private-net <host[:port]>",
      "the same for a host at a private address, such as localhost:8080",
    ).argParser(collect),
    new Option(
      "--net-credentials <file>",
      "JSON file of headers that are added for hosts, so that code never sees them",
    ),
  ];
}

/** Reads the choice; undefined when the code gets no network. Throws `invalid_input` or `file_not_found`. */
export function chooseNetwork(
  choice: NetworkChoice,
  { cwd, env }: CliContext,
): NetworkOptions | undefined {
  const { allowNet: allow = [], allowPrivateNet: allowPrivate = [], netCredentials } = choice;
  if (allow.length === 0 && allowPrivate.length === 0) {
    if (netCredentials === undefined) return undefined;
    throw new CodeActError("invalid_input", "There are credentials, but no host is allowed.", {
      hint: "Allow their hosts with --allow-net.",
    });
  }
  return {
    allow,
    allowPrivate,
    ...(netCredentials !== undefined && { credentials: readCredentials(netCredentials, cwd, env) }),
  };
}

const credentialsSchema = z.array(
  z.object({
    host: z.string(),
    headers: z.record(z.string(), z.string()),
    plainHttp: z.boolean().exactOptional(),
  }),
);

/** Reads `[{ "host": ..., "headers": { ... } }]`; `${NAME}` in a header stands for a variable of the environment. */
function readCredentials(
  path: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): readonly HostCredentials[] {
  const text = new TextDecoder().decode(readInputFile(path, cwd).data);
  let entries: z.infer<typeof credentialsSchema>;
  try {
    entries = credentialsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CodeActError("invalid_input", `${path} is not a list of credentials.`, {
      hint: 'Write [{ "host": "api.example.com", "headers": { "Authorization": "Bearer ${API_KEY}" } }].',
      cause,
    });
  }
  const fill = (value: string): string =>
    value.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
      const found = env[name];
      if (found !== undefined) return found;
      throw new CodeActError(
        "invalid_input",
        `The variable ${name}, named in ${path}, is not set.`,
      );
    });
  return entries.map((entry) => ({
    ...entry,
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, value]) => [name, fill(value)]),
    ),
  }));
}
