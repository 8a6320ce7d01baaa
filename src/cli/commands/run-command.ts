import { resolve } from "node:path";
import { CodeActError } from "../../errors.ts";
import { Command } from "commander";
import { createAgent } from "../../agent/agent.ts";
import type { RunResult } from "../../agent/events.ts";
import { telemetryFromEnvironment } from "../../agent/telemetry.ts";
import { addAgentOptions, agentSettings } from "../agent-options.ts";
import type { AgentOptionValues } from "../agent-options.ts";
import { addBestOfOptions, checkBestOf, runBestOf } from "../best-of-run.ts";
import type { BestOfChoice } from "../best-of-run.ts";
import { refuseBrokenCheck } from "../../agent/run-check.ts";
import type { CliContext } from "../cli-context.ts";
import { createApprovalPrompt } from "../approval-prompt.ts";
import { connectChosenServers, mcpOption } from "../mcp-servers.ts";
import type { McpChoice } from "../mcp-servers.ts";
import { createQuestionPace } from "../question-pace.ts";
import { reportError } from "../report-error.ts";
import { addAnswerOptions, answerRulesOf } from "../answer-options.ts";
import type { AnswerOptions } from "../answer-options.ts";
import { describeShortfall } from "../run-shortfall.ts";
import { createTextView } from "../run-view.ts";
import { addToolOptions, checkRules, loadTools, readApprovalPolicy } from "../tool-options.ts";
import type { ToolOptions } from "../tool-options.ts";
import { addWorkbenchOptions, withWorkbench } from "../workbench.ts";
import type { WorkbenchOptions } from "../workbench.ts";
import { readInputFiles } from "../workspace-files.ts";

interface RunCommandOptions
  extends WorkbenchOptions, AgentOptionValues, AnswerOptions, BestOfChoice, McpChoice, ToolOptions {
  readonly record?: string;
}

/** `codeact run`: lets a model work on a task. */
export function createRunCommand(context: CliContext): Command {
  const command = new Command("run")
    .description("let a model work on a task by writing and running Python")
    .argument("<task>", "what to do, in your words")
    .argument("[files...]", "files that the code finds in its folder")
    .addOption(mcpOption())
    .option("--record <file>", "write the model's replies to a file that can be replayed");
  addToolOptions(addWorkbenchOptions(addBestOfOptions(addAnswerOptions(addAgentOptions(command)))));
  return command.action(async (task: string, files: string[], options: RunCommandOptions) => {
    await run(task, files, options, context);
  });
}

async function run(
  task: string,
  files: readonly string[],
  options: RunCommandOptions,
  context: CliContext,
): Promise<void> {
  if (task.trim() === "") {
    throw new CodeActError("invalid_input", "The task is empty.", {
      hint: 'Say what to do, such as codeact run "What is 6 * 7?".',
    });
  }
  checkBestOf(options);
  const inputs = readInputFiles(files, context.cwd);
  const approvals = readApprovalPolicy(options, context.cwd);
  const tools = await loadTools(options, context.cwd);
  const { env, fetch } = context;
  // The model clients take longer to load than all other commands to run.
  const { resolveModel } = await import("../../models/resolve-model.ts");
  const { createRecordingModel, createReplayWriter } =
    await import("../../models/recording-model.ts");
  const chosen = await resolveModel(options.model, { env, fetch });
  const model =
    options.record === undefined
      ? chosen
      : createRecordingModel(chosen, {
          write: createReplayWriter(recordingPath(options.record, options.model, context)),
        });

  const judge =
    options.judge === undefined ? undefined : await resolveModel(options.judge, { env, fetch });
  const { check, ...rules } = options;
  const answer = answerRulesOf(options.bestOf === undefined ? options : rules, context);

  await using servers = await connectChosenServers(options, context);
  // A server that is not there has been told already, and so have rules for its tools.
  if ((servers?.failures.length ?? 0) === 0) {
    checkRules(options, [...tools, ...(servers?.tools ?? [])]);
  }
  await withWorkbench(options, inputs, context, createTextView, async (workbench) => {
    const { runtime, session, environment, view, signal } = workbench;
    const { calls } = options;
    const pace = createQuestionPace(createApprovalPrompt(context), view);
    const telemetry = telemetryFromEnvironment(context.env);
    if (check !== undefined) await refuseBrokenCheck(session, check);
    await using agent = createAgent({
      model,
      session,
      environment,
      ...agentSettings(options),
      ...(telemetry && { telemetry }),
      tools: [...tools, ...(servers?.tools ?? [])],
      ...(servers && { toolModules: servers.modules }),
      ...(calls && { calls: { ...calls, agent: calls.agent === true && { runtime } } }),
      approvals,
      onApproval: pace.onApproval,
    });
    if (options.bestOf !== undefined) {
      const several = {
        n: options.bestOf,
        signal,
        answer,
        ...(options.branchAfter !== undefined && { branchAfterTurns: options.branchAfter }),
        ...(check !== undefined && { check }),
      };
      const json = options.json === true;
      const best = await runBestOf(
        agent,
        task,
        { ...several, ...(judge && { judge }) },
        { context, view, json },
      );
      await workbench.saveFrom(agent.session ?? session);
      if (best.result.status === "answered" && best.score < 1 && !signal.aborted) {
        context.stderr.write(`codeact: No answer passed the check: ${check}\n`);
        return 1;
      }
      return exitCodeOf(best.result, context);
    }
    const agentRun = agent.run(task, { signal, answer });
    for await (const event of agentRun) await pace.show(event);
    return exitCodeOf(await agentRun.result, context);
  });
}

/** Where replies are recorded; a recording that is replayed is not written over. */
function recordingPath(record: string, model = "", { cwd }: CliContext): string {
  const path = resolve(cwd, record);
  const isReplayed =
    model.startsWith("replay:") && resolve(cwd, model.slice("replay:".length)) === path;
  if (!isReplayed) return path;
  throw new CodeActError("invalid_input", `The recording ${record} is what the model replays.`, {
    hint: "Name another file with --record.",
  });
}

function exitCodeOf(result: RunResult, context: CliContext): number {
  switch (result.status) {
    case "answered":
      return 0;
    case "budget":
    case "stuck":
    case "rejected":
      context.stderr.write(`codeact: ${describeShortfall(result)}\n`);
      return 1;
    case "paused":
      return 1;
    case "aborted":
      return 130;
    case "failed":
      return reportError(result.error, context);
  }
}
