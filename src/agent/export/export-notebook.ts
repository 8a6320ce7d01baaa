import type { MimeBundle, Output } from "../../execution/outcome.ts";
import { stepsOf } from "../exchange.ts";
import type { ExchangeStep } from "../exchange.ts";
import { endingOf } from "./conversation.ts";
import type { ExportedConversation } from "./conversation.ts";

type Json = Readonly<Record<string, unknown>>;
type CodeStep = Extract<ExchangeStep, { type: "code" }>;

/**
 * Writes a conversation as a Jupyter notebook, nbformat 4.5: what people and the model said as Markdown, code as
 * cells with their outputs. It runs again from top to bottom: a cell that raised is tagged `raises-exception`, one
 * that was stopped or crashed `skip-execution`.
 */
export function exportNotebook(conversation: ExportedConversation): string {
  const { title, models, pythonVersion, exchanges } = conversation;
  let id = 0;
  let executionCount = 0;
  const cells: Json[] = [];

  function markdown(text: string): void {
    cells.push({ id: `cell-${++id}`, cell_type: "markdown", metadata: {}, source: lines(text) });
  }

  function code(step: CodeStep): void {
    executionCount += 1;
    const tag = tagOf(step);
    cells.push({
      id: `cell-${++id}`,
      cell_type: "code",
      execution_count: executionCount,
      metadata: tag === undefined ? {} : { tags: [tag] },
      source: lines(step.code),
      outputs: toOutputs(step, executionCount),
    });
  }

  markdown(`# ${title}\n\n*Made with codeact; model: ${models.join(", ") || "none"}.*`);
  for (const exchange of exchanges) {
    markdown(quote(exchange.task));
    for (const step of stepsOf(exchange)) {
      if (step.type === "prose") markdown(step.text);
      else code(step);
    }
  }
  const notebook = {
    cells,
    metadata: {
      kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
      language_info: {
        name: "python",
        file_extension: ".py",
        mimetype: "text/x-python",
        ...(pythonVersion !== undefined && { version: pythonVersion }),
      },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

function tagOf({ outcome }: CodeStep): string | undefined {
  if (outcome?.status === "ok") return undefined;
  return outcome?.status === "error" ? "raises-exception" : "skip-execution";
}

function quote(task: string): string {
  const quoted = task.trim().split("\n");
  return ["**You**", "", ...quoted].map((line) => (line === "" ? ">" : `> ${line}`)).join("\n");
}

function toOutputs({ outputs, outcome }: CodeStep, executionCount: number): readonly Json[] {
  const places = new Map<string, number>();
  const converted: Json[] = [];
  for (const output of outputs) {
    const json = toOutput(output, executionCount);
    const last = converted.at(-1);
    if (output.type === "stream" && last?.["output_type"] === "stream") {
      if (last["name"] === output.name) {
        const text = [...(last["text"] as readonly string[])].join("") + output.text;
        converted[converted.length - 1] = { ...last, text: lines(text) };
        continue;
      }
    }
    if (output.type === "display" && output.displayId !== undefined) {
      const place = places.get(output.displayId);
      if (output.update === true && place !== undefined) {
        converted[place] = json;
        continue;
      }
      places.set(output.displayId, converted.length);
    }
    converted.push(json);
  }
  const ending = endingOf(outcome?.status);
  if (ending !== undefined) converted.push(stream("stderr", `${ending}\n`));
  return converted;
}

function toOutput(output: Output, executionCount: number): Json {
  switch (output.type) {
    case "stream":
      return stream(output.name, output.text);
    case "display":
      return { output_type: "display_data", data: toData(output.data), metadata: {} };
    case "value": {
      const data = toData(output.data);
      return {
        output_type: "execute_result",
        execution_count: executionCount,
        data,
        metadata: {},
      };
    }
    case "error": {
      const { name, message, traceback } = output.error;
      return {
        output_type: "error",
        ename: name,
        evalue: message,
        traceback: traceback.trimEnd().split("\n"),
      };
    }
  }
}

function stream(name: "stdout" | "stderr", text: string): Json {
  return { output_type: "stream", name, text: lines(text) };
}

/** JSON is stored as itself, pictures as base64, all else as lines. */
function toData(bundle: MimeBundle): Json {
  return Object.fromEntries(
    Object.entries(bundle).map(([mediaType, text]) => [mediaType, toDatum(mediaType, text)]),
  );
}

function toDatum(mediaType: string, text: string): unknown {
  if (/^application\/(.*\+)?json$/.test(mediaType)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  const isBase64 = mediaType.startsWith("image/") && mediaType !== "image/svg+xml";
  return isBase64 ? text : lines(text);
}

/** nbformat keeps text as a list of lines that hold their ends. */
function lines(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}
