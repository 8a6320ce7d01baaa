import { McpServer } from "@modelcontextprotocol/server";
import type { CallToolResult } from "@modelcontextprotocol/server";
import { z } from "zod";
import { CodeActError, isCodeActError } from "../../errors.ts";
import type { Session } from "../../execution/session.ts";
import type { EnvironmentDescription } from "../../formats/format.ts";
import { observationHeading, renderObservation } from "../../formats/render.ts";
import type { ContentPart } from "../../models/model.ts";
import { fileContent, fileBytes } from "./mcp-file-content.ts";

export interface InterpreterMcpOptions {
  readonly version: string;
  /** Opens the client's session; called once, by the first call that needs it, and again after `reset`. */
  readonly openSession: () => Promise<Session>;
  readonly environment: EnvironmentDescription;
  /** Characters of one cell's output that the client gets. Default: 20,000. */
  readonly maxOutputCharacters?: number;
}

/** An MCP server that is one interpreter. Whoever makes it closes it, which ends the session. */
export interface InterpreterMcpServer {
  readonly mcp: McpServer;
  close(): Promise<void>;
}

/**
 * Makes an MCP server whose tools run Python in one stateful session and read and write its files.
 * Code that fails is a tool result with `isError`; so is a fault of the engine, in one sentence.
 */
export function createInterpreterMcpServer(options: InterpreterMcpOptions): InterpreterMcpServer {
  const { maxOutputCharacters = 20_000 } = options;
  const mcp = new McpServer(
    { name: "codeact", title: "codeact Python interpreter", version: options.version },
    { instructions },
  );
  let session: Promise<Session> | undefined;

  function live(): Promise<Session> {
    session ??= options.openSession();
    // A session that could not be opened is tried again by the next call.
    session.catch(() => (session = undefined));
    return session;
  }

  async function close(opened = session): Promise<void> {
    if (session === opened) session = undefined;
    await opened?.then((ended) => ended.close()).catch(() => undefined);
  }

  /** Does something with the session; a dead one is replaced for the next call. */
  async function withSession(
    work: (session: Session) => Promise<CallToolResult>,
  ): Promise<CallToolResult> {
    const opened = live();
    try {
      return await work(await opened);
    } catch (error) {
      if (!isCodeActError(error)) throw error;
      const isLost = ["session_closed", "backend_lost", "protocol_violation"].includes(error.code);
      // Calls run side by side: another one may have a fresh session already.
      if (isLost) await close(opened);
      const loss = isLost
        ? " Its variables and files are gone; the next call opens a fresh one."
        : "";
      return failure([error.message, error.hint].filter(Boolean).join(" ") + loss);
    }
  }

  function withFiles(
    work: (files: NonNullable<Session["files"]>) => Promise<CallToolResult>,
  ): Promise<CallToolResult> {
    return withSession(({ files }) => {
      if (files !== undefined) return work(files);
      throw new CodeActError("not_supported", "This runtime has no workspace for files.");
    });
  }

  mcp.registerTool(
    "run_python",
    {
      title: "Run Python",
      description: runDescription(options.environment),
      inputSchema: z.object({
        code: z.string().describe("Python to run. The value of its last expression is shown."),
        timeout_seconds: z
          .number()
          .positive()
          .max(24 * 3600)
          .optional()
          .describe("Time after which the code is stopped. Default: 60."),
      }),
      annotations: { destructiveHint: false, openWorldHint: false },
    },
    ({ code, timeout_seconds: seconds }, context) =>
      withSession(async (opened) => {
        const outcome = await opened.execute(code, {
          signal: context.mcpReq.signal,
          ...(seconds !== undefined && { timeoutMs: seconds * 1000 }),
        });
        const content = renderObservation(outcome, {
          maxCharacters: maxOutputCharacters,
          images: true,
        });
        return { content: content.map(toMcpContent), isError: outcome.status !== "ok" };
      }),
  );

  mcp.registerTool(
    "list_variables",
    {
      title: "List variables",
      description: "Lists the variables of the session with their types, shapes and short values.",
      inputSchema: z.object({}),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () =>
      withSession(async (opened) => {
        const variables = (await opened.variables?.()) ?? [];
        return text(variables.length === 0 ? "There are no variables." : JSON.stringify(variables));
      }),
  );

  mcp.registerTool(
    "reset",
    {
      title: "Start afresh",
      description:
        "Ends the session with its variables and files. The next call opens a fresh one.",
      inputSchema: z.object({}),
      annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    async () => {
      await close();
      return text("The session was ended; the next call opens a fresh one.");
    },
  );

  mcp.registerTool(
    "list_files",
    {
      title: "List files",
      description: "Lists the files of the session's working folder with their sizes.",
      inputSchema: z.object({}),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () =>
      withFiles(async (files) => {
        const listed = await files.list();
        const lines = listed.map((file) => `${file.path} (${file.sizeBytes} bytes)`);
        return text(lines.length === 0 ? "There are no files." : lines.join("\n"));
      }),
  );

  mcp.registerTool(
    "read_file",
    {
      title: "Read a file",
      description:
        "Returns a file of the working folder: text as text, pictures as pictures, all else as a blob.",
      inputSchema: z.object({ path: z.string().describe("Relative to the working folder.") }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ path }) =>
      withFiles(async (files) => ({ content: [fileContent(path, await files.read(path))] })),
  );

  mcp.registerTool(
    "write_file",
    {
      title: "Write a file",
      description: "Puts a file into the working folder, where the code finds it.",
      inputSchema: z.object({
        path: z.string().describe("Relative to the working folder; folders are made."),
        text: z.string().optional().describe("The file's text."),
        base64: z.string().optional().describe("The file's bytes in base64, in place of text."),
      }),
      annotations: { destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ path, ...content }) =>
      withFiles(async (files) => {
        const bytes = fileBytes(content);
        await files.write(path, bytes);
        return text(`Wrote ${bytes.length} bytes to ${path}.`);
      }),
  );

  return {
    mcp,
    async close() {
      await close();
      await mcp.close();
    },
  };
}

const instructions =
  "A Python interpreter that keeps its state: variables, imports and files stay from one call to the next. " +
  "It is isolated from this machine. A call that crashes the interpreter is undone: variables are then as they were before it.";

function runDescription({ pythonVersion, packages = [] }: EnvironmentDescription): string {
  const version = pythonVersion === undefined ? "" : ` (Python ${pythonVersion})`;
  const installed = packages.length === 0 ? "" : ` Installed: ${packages.slice(0, 60).join(", ")}.`;
  return `Runs Python in a stateful, isolated interpreter${version} and returns its output, the value of the last expression, plots and errors.${installed}`;
}

function toMcpContent(part: ContentPart): CallToolResult["content"][number] {
  return part.type === "text"
    ? { type: "text", text: part.text.replace(`${observationHeading}\n`, "") }
    : { type: "image", data: part.data, mimeType: part.mediaType };
}

function text(value: string): CallToolResult {
  return { content: [{ type: "text", text: value }] };
}

function failure(message: string): CallToolResult {
  return { content: [{ type: "text", text: message }], isError: true };
}
