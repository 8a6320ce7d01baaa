import { Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { packageVersion } from "../../package-version.ts";
import { parseSecondsToMs } from "../parse-options.ts";
import { chooseRuntime, runtimeOptions } from "../runtime-choice.ts";
import type { RuntimeChoice } from "../runtime-choice.ts";
import { prepareWorkspace, readInputFiles } from "../workspace-files.ts";

interface McpOptions extends RuntimeChoice {
  readonly timeout?: number;
}

/** `codeact mcp`: serves the interpreter to an MCP host over standard input and output. */
export function createMcpCommand(context: CliContext): Command {
  const command = new Command("mcp")
    .description("serve the interpreter to an MCP host over standard input and output")
    .argument("[files...]", "files that every session finds in its folder")
    .option("--timeout <seconds>", "time limit of one piece of code", parseSecondsToMs);
  for (const option of runtimeOptions()) command.addOption(option);
  return command.action(async (files: string[], options: McpOptions) => {
    await serve(files, options, context);
  });
}

/** Serves one client until it hangs up: a process is a client, and a client has one session. */
async function serve(
  paths: readonly string[],
  options: McpOptions,
  context: CliContext,
): Promise<void> {
  const { stdin, stdout, stderr } = context;
  const inputs = readInputFiles(paths, context.cwd);
  const { StdioServerTransport, serveStdio } = await import("@modelcontextprotocol/server/stdio");
  const { createInterpreterMcpServer } = await import("../../server/mcp/interpreter-mcp-server.ts");
  using interrupts = watchInterrupts(() => undefined);
  const { runtime, environment, network } = await chooseRuntime(
    options,
    context,
    interrupts.signal,
  );
  await using _runtime = runtime;
  const over = Promise.withResolvers<void>();
  interrupts.signal.addEventListener("abort", () => over.resolve());

  const transport = new StdioServerTransport(stdin, stdout);
  const servers: { close(): Promise<void> }[] = [];
  const handle = serveStdio(
    () => {
      const server = createInterpreterMcpServer({
        version: packageVersion(),
        environment,
        async openSession() {
          const session = await runtime.open({
            ...(network && { network }),
            ...(options.timeout !== undefined && { limits: { timeoutMs: options.timeout } }),
          });
          await prepareWorkspace(session, inputs);
          return session;
        },
      });
      servers.push(server);
      return server.mcp;
    },
    {
      transport,
      onerror: (error) => stderr.write(`codeact: ${error.message}\n`),
    },
  );
  stdin.once("end", () => over.resolve());
  stdin.once("close", () => over.resolve());
  await over.promise;
  await handle.close();
  await Promise.all(servers.map((server) => server.close()));
  context.setExitCode(interrupts.exitCode ?? 0);
}
