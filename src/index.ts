/** The public surface of codeact. Everything else may change without notice. */

export { createAgent } from "./agent/agent.ts";
export type { Agent, AgentRun, ForkChanges, RunOptions } from "./agent/agent.ts";
export type { AgentOptions, AgentSettings } from "./agent/agent-options.ts";
export { telemetryFromEnvironment } from "./agent/telemetry.ts";
export type { TelemetryOptions } from "./agent/telemetry.ts";
export { bestOf } from "./agent/best-of.ts";
export type { BestOfOptions, BestOfResult, BranchSummary, Candidate } from "./agent/best-of.ts";
export type { AnswerContext, AnswerRules } from "./agent/answer-rules.ts";
export type { Budget } from "./agent/budget.ts";
export type { CompactionOptions } from "./agent/compaction.ts";
export type { Repetition } from "./agent/stuck-detector.ts";
export type { Task } from "./agent/history.ts";
export type { Sampling } from "./agent/stream-reply.ts";
export type { CallsSettings, SubAgentSettings } from "./agent/calls/calls.ts";
export type { AgentEvent, RunResult } from "./agent/events.ts";

export { CodeActError, errorKinds, isCodeActError } from "./errors.ts";
export type { CodeActErrorOptions, ErrorCode } from "./errors.ts";

export { createAISDKModel } from "./models/ai-sdk-model.ts";
export type { AISDKLanguageModel, AISDKModelOptions } from "./models/ai-sdk-model.ts";
export { createLlamaModel } from "./models/llama-model.ts";
export type { LlamaModel, LlamaModelOptions } from "./models/llama-model.ts";
export { createOpenAIModel } from "./models/openai-model.ts";
export type { OpenAIModelOptions } from "./models/openai-model.ts";
export { createRecordingModel } from "./models/recording-model.ts";
export { createReplayModel } from "./models/replay-model.ts";
export type { ReplayModelOptions } from "./models/replay-model.ts";
export { loadReplay, parseReplayFile } from "./models/replay-file.ts";
export type { ReplayFile, ReplayReply } from "./models/replay-file.ts";
export { discoverModels } from "./models/discover-models.ts";
export { resolveModel } from "./models/resolve-model.ts";
export { createModelCatalog, loadModelCatalog } from "./models/model-catalog.ts";
export type { CatalogEntry, ModelCatalog, ModelFacts } from "./models/model-catalog.ts";
export { addUsage, costOf } from "./models/model-price.ts";
export type { ModelPrice } from "./models/model-price.ts";
export { messageText, textMessage } from "./models/model.ts";
export type {
  ContentPart,
  FinishReason,
  ImagePart,
  Message,
  Model,
  ModelCapabilities,
  ModelEvent,
  ModelRequest,
  MessagePart,
  TextPart,
  ToolCallDelta,
  ToolCallPart,
  ToolDeclaration,
  ToolResultPart,
  Usage,
} from "./models/model.ts";

export { createCodeFormat, executePythonTool } from "./formats/code-format.ts";
export type { CodeActions, CodeFormatOptions } from "./formats/code-format.ts";
export { createFormat, defaultFormat, formatNames } from "./formats/choose-format.ts";
export type { FormatChoice } from "./formats/choose-format.ts";
export { createCallFormat } from "./formats/call-format.ts";
export type { CallFormatOptions, CallNotation } from "./formats/call-format.ts";
export type { CallSyntax } from "./formats/call-reply-parser.ts";
export { createJsonFormat, readJsonCall } from "./formats/json-format.ts";
export { createTextFormat, readTextCall } from "./formats/text-format.ts";
export { callFromJson, makeCall, resolveCall } from "./formats/function-call.ts";
export type { CallReading, WrittenCall } from "./formats/function-call.ts";
export { parseLiteral, readLiteral } from "./formats/literal.ts";
export type { Literal } from "./formats/literal.ts";
export { renderCallResult } from "./formats/render-call.ts";
export { renderObservation } from "./formats/render.ts";
export type {
  ActionFormat,
  EnvironmentDescription,
  FunctionCall,
  FunctionDescription,
  ParsedReply,
  RenderOptions,
  ReplyParser,
  ReplySegment,
} from "./formats/format.ts";

export { tool } from "./tools/tool.ts";
export type { JsonSchema, Tool, ToolContext, ToolOptions } from "./tools/tool.ts";
export { createApprovals } from "./tools/approvals.ts";
export type {
  ApprovalDecision,
  ApprovalRequest,
  Approvals,
  ApprovalsOptions,
  OnApproval,
} from "./tools/approvals.ts";
export type { ApprovalAction, ApprovalPolicy, ApprovalRule } from "./tools/approval-policy.ts";
export { createToolHost } from "./tools/tool-host.ts";
export type { ToolHostOptions } from "./tools/tool-host.ts";
export type { ToolEvent } from "./tools/tool-events.ts";

export type {
  CallContext,
  FunctionHost,
  HostFunction,
  HostParameter,
} from "./execution/host-functions.ts";
export { createBareRuntime } from "./execution/runtimes/bare-runtime.ts";
export type { BareRuntimeOptions } from "./execution/runtimes/bare-runtime.ts";
export { createSandboxRuntime } from "./execution/runtimes/sandbox-runtime.ts";
export type {
  SandboxRuntime,
  SandboxRuntimeOptions,
} from "./execution/runtimes/sandbox-runtime.ts";
export { probeSandbox } from "./execution/runtimes/sandbox-probe.ts";
export type { SandboxCheck } from "./execution/runtimes/sandbox-probe.ts";
export type {
  HostCredentials,
  Lookup,
  NetworkOptions,
  NetworkRequest,
} from "./execution/network/network.ts";
export { defaultLimits } from "./execution/runtime.ts";
export type {
  OpenOptions,
  Runtime,
  RuntimeCapabilities,
  SessionLimits,
} from "./execution/runtime.ts";
export type {
  FileChange,
  FileData,
  ListOptions,
  SessionFile,
  SessionFiles,
  UnpackedArchive,
  WatchOptions,
} from "./execution/files/session-files.ts";
export type {
  BudgetKind,
  BudgetState,
  CellContext,
  Checkpoint,
  ExecuteOptions,
  ForkOptions,
  Session,
  Variable,
} from "./execution/session.ts";
export type {
  CellAnswer,
  CellError,
  Crash,
  DisplayOutput,
  ErrorFrame,
  ErrorOutput,
  MimeBundle,
  Outcome,
  Output,
  StreamOutput,
  ValueOutput,
} from "./execution/outcome.ts";
export { ensureEnvironment } from "./execution/environment.ts";
export { conformanceSuite } from "./execution/conformance/conformance-suite.ts";
export type { ConformanceCase } from "./execution/conformance/conformance-case.ts";

export { connectMcpServers } from "./tools/mcp/connect-mcp-servers.ts";
export type { McpOptions, McpServers } from "./tools/mcp/connect-mcp-servers.ts";
export { loadMcpConfig, parseMcpConfig } from "./tools/mcp/mcp-config.ts";
export type { McpConfig, McpServerConfig } from "./tools/mcp/mcp-config.ts";

export { agentTask } from "./evaluation/agent-task.ts";
export type { AgentTaskOptions } from "./evaluation/agent-task.ts";
export type {
  Benchmark,
  BenchmarkTask,
  DataSource,
  Ending,
  Feedback,
  FormatName,
  Grade,
  GradeContext,
  Grading,
  LoadOptions,
  PlayContext,
} from "./evaluation/benchmark.ts";
export { benchmarks } from "./evaluation/benchmarks.ts";
export { playDialogue } from "./evaluation/dialogue.ts";
export type {
  DialogueEnd,
  DialogueOptions,
  DialogueRules,
  DialogueStep,
} from "./evaluation/dialogue.ts";
export { createOracleModel } from "./evaluation/oracle.ts";
export type { Oracle, OracleReply } from "./evaluation/oracle.ts";
export { readRecords } from "./evaluation/read-records.ts";
export { createReport } from "./evaluation/report/report.ts";
export type { Report } from "./evaluation/report/report.ts";
export { writeReports } from "./evaluation/report/write-reports.ts";
export { openResultStore } from "./evaluation/result-store.ts";
export type { ResultStore } from "./evaluation/result-store.ts";
export { runEvaluation } from "./evaluation/run-evaluation.ts";
export type { EvaluationOptions, EvaluationProgress } from "./evaluation/run-evaluation.ts";
export type { EvaluationResult, Trajectory } from "./evaluation/trajectory.ts";
export type { Verdict } from "./evaluation/verdict.ts";
