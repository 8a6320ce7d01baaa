import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { telemetryFromEnvironment } from "../../agent/telemetry.ts";
import { CodeActError } from "../../errors.ts";
import type { Session } from "../../execution/session.ts";
import { errorBody } from "../../server/openai/error-body.ts";
import type { ShownWork } from "../../server/openai/work-view.ts";
import { addAgentOptions, agentSettings, type AgentOptionValues } from "../agent-options.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { connectChosenServers, mcpOption, type McpChoice } from "../mcp-servers.ts";
import { parseCount, parseSecondsToMs } from "../parse-options.ts";
import { reportError } from "../report-error.ts";
import { chooseRuntime, runtimeOptions, type RuntimeChoice } from "../runtime-choice.ts";
import {
  addToolOptions,
  checkRules,
  loadTools,
  readApprovalPolicy,
  type ToolOptions,
} from "../tool-options.ts";
import { prepareWorkspace, readInputFiles } from "../workspace-files.ts";

interface ServeOptions extends RuntimeChoice, AgentOptionValues, McpChoice, ToolOptions {
  readonly host: string;
  readonly port: number;
  readonly keys?: string;
  readonly show: ShownWork;
  readonly maxSessions: number;
  readonly idle: number;
  readonly timeout?: number;
}

/** Moments of a conversation that can be gone back to: each holds the memory that has changed since. */
const keptMoments = 8;
const loopback = new Set(["127.0.0.1", "localhost", "::1"]);

/** `codeact serve`: serves agents over OpenAI's API. */
export function createServeCommand(context: CliContext): Command {
  const command = new Command("serve")
    .description("serve the agent over OpenAI's API: any client of it works")
    .argument("[files...]", "files that every conversation finds in its folder")
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .addOption(new Option("--port <number>", "0 for any").argParser(parsePort).default(8000))
    .option("--keys <file>", "keys that clients have to send, one a line")
    .addOption(
      new Option("--show <work>", "what clients read of the work before the answer")
        .choices(["content", "reasoning", "answer"])
        .default("content"),
    )
    .addOption(
      new Option("--max-sessions <n>", "interpreters at once").argParser(parseCount).default(100),
    )
    .addOption(
      new Option("--idle <seconds>", "time without use after which an interpreter is closed")
        .argParser(parseSecondsToMs)
        .default(3_600_000, "3600"),
    )
    .addOption(
      new Option("--timeout <seconds>", "time limit of one piece of code").argParser(
        parseSecondsToMs,
      ),
    )
    .addOption(mcpOption());
  addToolOptions(addAgentOptions(command));
  for (const option of runtimeOptions()) command.addOption(option);
  return command.action(async (files: string[], options: ServeOptions) => {
    await serve(files, options, context);
  });
}

/** Serves until the process is interrupted. */
async function serve(
  files: readonly string[],
  options: ServeOptions,
  context: CliContext,
): Promise<void> {
  const { stderr, env, fetch, cwd } = context;
  const keys = options.keys === undefined ? [] : readKeys(options.keys, cwd);
  const isLocal = loopback.has(options.host);
  if (!isLocal && keys.length === 0) {
    throw new CodeActError(
      "invalid_input",
      `Without keys ${options.host} would let everybody in.`,
      {
        hint: "Name a file of keys with --keys, or listen at 127.0.0.1.",
      },
    );
  }
  const inputs = readInputFiles(files, cwd);
  const approvals = readApprovalPolicy(options, cwd);
  const tools = await loadTools(options, cwd);
  const { resolveModel } = await import("../../models/resolve-model.ts");
  const { createConversations } = await import("../../server/conversations/conversations.ts");
  const { createServerApp } = await import("../../server/app.ts");
  const { createNamedSessions } = await import("../../server/execute/named-sessions.ts");
  const { listen } = await import("../../server/listen.ts");
  const model = await resolveModel(options.model, { env, fetch });
  using interrupts = watchInterrupts(() => undefined);
  await using servers = await connectChosenServers(options, context);
  if ((servers?.failures.length ?? 0) === 0) {
    checkRules(options, [...tools, ...(servers?.tools ?? [])]);
  }
  const { runtime, environment, network } = await chooseRuntime(
    options,
    context,
    interrupts.signal,
  );
  await using _runtime = runtime;
  async function openSession(signal?: AbortSignal): Promise<Session> {
    const session = await runtime.open({
      ...(signal && { signal }),
      ...(network && { network }),
      limits: {
        checkpoints: keptMoments,
        ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
      },
    });
    try {
      await prepareWorkspace(session, inputs);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }
  const { maxSessions } = options;
  await using conversations = createConversations({
    maxSessions,
    idleMs: options.idle,
    maxMoments: keptMoments,
    openSession,
  });
  await using namedSessions = createNamedSessions({ openSession, maxSessions });
  const { calls } = options;
  const telemetry = telemetryFromEnvironment(env);
  const app = createServerApp({
    models: new Map([[model.id, model]]),
    conversations,
    namedSessions,
    keys,
    shown: options.show,
    onFault(error) {
      const isOver = interrupts.signal.aborted;
      if (!isOver && errorBody(error).status >= 500) reportError(error, context);
    },
    // Without keys a page in the browser of somebody on this machine must not reach it under a name of its own.
    ...(keys.length === 0 && { hosts: ["127.0.0.1", "localhost", "[::1]"] }),
    agent: {
      environment,
      ...agentSettings(options),
      ...(telemetry && { telemetry }),
      tools: [...tools, ...(servers?.tools ?? [])],
      ...(servers && { toolModules: servers.modules }),
      ...(calls && { calls: { ...calls, agent: calls.agent === true && { runtime } } }),
      approvals,
    },
  });
  await using server = await listen(app, options);
  stderr.write(`codeact: ${model.id} is served at ${server.url}/v1; Ctrl-C ends it.\n`);
  const { signal } = interrupts;
  if (!signal.aborted) {
    await new Promise((over) => signal.addEventListener("abort", over, { once: true }));
  }
  context.setExitCode(interrupts.exitCode ?? 0);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError("It must be a number from 0 to 65535.");
}

function readKeys(file: string, cwd: string): readonly string[] {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CodeActError("file_not_found", `The file of keys ${path} can't be read.`, { cause });
  }
  const keys = text.split(/\s+/).filter((key) => key !== "");
  if (keys.length > 0) return keys;
  throw new CodeActError("invalid_input", `The file of keys ${path} is empty.`, {
    hint: "Write one key a line.",
  });
}
