import { Command, Option } from "commander";
import { telemetryFromEnvironment } from "../../agent/telemetry.ts";
import type { ChosenModel } from "../chat/chat.ts";
import { formatConversations } from "../chat/commands/conversation-commands.ts";
import { openConversation } from "../chat/conversation-file.ts";
import { findConversation, listConversations, newConversation } from "../chat/conversation-list.ts";
import { conversationsFolder } from "../chat/conversations-folder.ts";
import { startChat } from "../chat/start-chat.ts";
import { addAgentOptions, agentSettings } from "../agent-options.ts";
import type { AgentOptionValues } from "../agent-options.ts";
import type { CliContext } from "../cli-context.ts";
import { connectChosenServers, mcpOption } from "../mcp-servers.ts";
import type { McpChoice } from "../mcp-servers.ts";
import { parseSecondsToMs } from "../parse-options.ts";
import { runtimeOptions } from "../runtime-choice.ts";
import type { RuntimeChoice } from "../runtime-choice.ts";
import { addToolOptions, checkRules, loadTools, readApprovalPolicy } from "../tool-options.ts";
import type { ToolOptions } from "../tool-options.ts";
import { readInputFiles } from "../workspace-files.ts";

interface ChatCommandOptions extends RuntimeChoice, AgentOptionValues, McpChoice, ToolOptions {
  readonly timeout?: number;
  readonly out?: string;
  readonly resume?: string | true;
  readonly list?: boolean;
}

/** `codeact chat`: talks with a model that works in one lasting session. */
export function createChatCommand(context: CliContext): Command {
  const command = new Command("chat")
    .description("talk with a model that works in a lasting Python session")
    .argument("[files...]", "files that the code finds in its folder")
    .addOption(mcpOption())
    .option("--resume [id]", "go on with an earlier conversation (default: the last one)")
    .option("--list", "list the earlier conversations")
    .addOption(
      new Option("--timeout <seconds>", "time limit of one piece of code").argParser(
        parseSecondsToMs,
      ),
    )
    .option("--out <folder>", "where plots and files are saved (default: codeact-output)");
  for (const option of runtimeOptions()) command.addOption(option);
  return addToolOptions(addAgentOptions(command)).action(
    async (files: string[], options: ChatCommandOptions) => {
      const isModelNamed = command.getOptionValueSource("model") === "cli";
      if (options.list === true) listAll(context);
      else context.setExitCode(await chat(files, options, isModelNamed, context));
    },
  );
}

function listAll({ env, stdout, stderr }: CliContext): void {
  const all = listConversations(conversationsFolder(env));
  if (all.length === 0) stderr.write("codeact: There are no conversations yet.\n");
  else stdout.write(formatConversations(all, stdout, false));
}

async function chat(
  files: readonly string[],
  options: ChatCommandOptions,
  isModelNamed: boolean,
  context: CliContext,
): Promise<number> {
  const { env, stderr, cwd } = context;
  const inputs = readInputFiles(files, cwd);
  const approvals = readApprovalPolicy(options, cwd);
  const tools = await loadTools(options, cwd);
  const data = conversationsFolder(env);
  const place =
    options.resume === undefined
      ? newConversation(data)
      : findConversation(data, options.resume === true ? undefined : options.resume);
  const file = openConversation(place.folder, place.id, (notice) => {
    stderr.write(`codeact: ${notice}\n`);
  });
  try {
    // A conversation goes on with its own model, unless the command line names another.
    const earlier = isModelNamed ? undefined : file.state.modelSpec;
    const chosen = await resolve(earlier ?? options.model, context);
    const telemetry = telemetryFromEnvironment(env);
    await using servers = await connectChosenServers(options, context);
    // A server that is not there has been told already, and so have rules for its tools.
    if ((servers?.failures.length ?? 0) === 0) {
      checkRules(options, [...tools, ...(servers?.tools ?? [])]);
    }
    return await startChat(
      file,
      chosen,
      {
        ...options,
        data,
        inputs,
        settings: {
          ...agentSettings(options),
          ...(telemetry && { telemetry }),
          tools: [...tools, ...(servers?.tools ?? [])],
          ...(servers && { toolModules: servers.modules }),
          approvals,
        },
        ...(options.timeout !== undefined && { limits: { timeoutMs: options.timeout } }),
        resolve: (spec) => resolve(spec, context),
      },
      context,
    );
  } finally {
    file[Symbol.dispose]();
  }
}

async function resolve(spec: string | undefined, { env, fetch }: CliContext): Promise<ChosenModel> {
  // The model clients take longer to load than all other commands to run.
  const { resolveModel } = await import("../../models/resolve-model.ts");
  return { model: await resolveModel(spec, { env, fetch }), ...(spec !== undefined && { spec }) };
}
