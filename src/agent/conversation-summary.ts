import type { Session } from "../execution/session.ts";
import type { ActionFormat } from "../formats/format.ts";
import { noOutputNotice, observationHeading } from "../formats/render.ts";
import { resultHeading } from "../formats/render-call.ts";
import { messageText } from "../models/model.ts";
import type { Message } from "../models/model.ts";
import type { TurnRecords } from "./turn-records.ts";

/** What a summary is made from. */
export interface SummarySource {
  /** The messages that it replaces, without the system message. */
  readonly messages: readonly Message[];
  readonly format: ActionFormat;
  readonly records: TurnRecords;
  readonly session: Session;
  /** The task that is being worked on, when its words are among `messages`. */
  readonly task?: string;
  /** What a model wrote about `messages`. */
  readonly notes?: string;
}

/** The line with which every summary starts. */
export const summaryHeading =
  "[The earlier part of this conversation was left out to save space. This is what matters of it.]";

const doneHeading = "## What was done";
const notesHeading = "## Notes";
const variablesHeading = "## Variables that are alive in the interpreter";
const filesHeading = "## Files in the current folder";
const taskHeading = "## The task";

const headings = new Set([observationHeading, resultHeading]);
const maxLines = 120;
const maxListed = 60;
const lineCharacters = 200;
const taskCharacters = 400;

/** Puts the facts of a part of the conversation together. Never rejects: what can't be had is left out. */
export async function summarise(source: SummarySource): Promise<string> {
  const done = whatWasDone(source);
  const notes = source.notes ?? earlierSection(source.messages, notesHeading)?.join("\n");
  const [variables, files] = await Promise.all([
    listVariables(source.session),
    listFiles(source.session),
  ]);
  return [
    summaryHeading,
    section(doneHeading, keepEnds(done, maxLines)),
    "The whole output of each cell can be read again in code: cell_output(number) returns it as text.",
    section(notesHeading, notes === undefined ? [] : [notes]),
    section(variablesHeading, variables),
    section(filesHeading, files),
    section(taskHeading, source.task === undefined ? [] : [source.task]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function section(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${heading}\n${lines.join("\n")}`;
}

/** One line for each task, action and answer; those of an earlier summary come first. */
function whatWasDone({ messages, format, records, task }: SummarySource): readonly string[] {
  const lines: string[] = [];
  let expectsTask = true;
  for (const [index, message] of messages.entries()) {
    const text = messageText(message);
    if (message.role === "user") {
      if (text.startsWith(summaryHeading)) {
        lines.push(...summaryLines(text, task));
      } else if (expectsTask && text !== task) {
        lines.push(`- The user: ${oneLine(text, taskCharacters)}`);
      }
      expectsTask = false;
      continue;
    }
    const record = records.get(message);
    const parsed = parse(message, format);
    const next = messages[index + 1];
    const read = next?.role === "user" ? messageText(next) : "";
    if (parsed.kind === "action") {
      const name = record?.kind === "cell" ? `cell ${record.number}` : "code";
      lines.push(`- ${name}: \`${oneLine(parsed.code)}\` gave ${resultLine(read)}`);
    } else if (record?.kind !== "refused" && record?.kind !== "plan" && parsed.kind === "answer") {
      lines.push(`- You answered: ${oneLine(parsed.text, taskCharacters)}`);
      expectsTask = true;
    }
  }
  return lines;
}

function parse(
  message: Message,
  format: ActionFormat,
): ReturnType<ReturnType<ActionFormat["createParser"]>["finish"]> {
  const parser = format.createParser();
  for (const part of message.content) {
    if (part.type === "text") parser.push(part.text);
    if (part.type === "tool-call") {
      parser.pushToolCall?.({ ...part, type: "tool-call-delta", index: 0 });
    }
  }
  return parser.finish();
}

/** What an earlier summary told: its lines, and the task that was then the current one. */
function summaryLines(text: string, task: string | undefined): readonly string[] {
  const lines = sectionLines(text, doneHeading) ?? [];
  const at = text.indexOf(`\n${taskHeading}\n`);
  if (at < 0) return lines;
  const earlier = text.slice(at + taskHeading.length + 2);
  if (task !== undefined && earlier.startsWith(task)) return lines;
  return [...lines, `- The user: ${oneLine(earlier, taskCharacters)}`];
}

function earlierSection(
  messages: readonly Message[],
  heading: string,
): readonly string[] | undefined {
  const first = messages[0];
  if (first === undefined) return undefined;
  const text = messageText(first);
  return text.startsWith(summaryHeading) ? sectionLines(text, heading) : undefined;
}

function sectionLines(text: string, heading: string): readonly string[] | undefined {
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index > start && line === "");
  return lines.slice(start + 1, end < 0 ? undefined : end);
}

/** The error of an observation, or the start of what was printed. */
function resultLine(observation: string): string {
  const lines = observation.split("\n").filter((line) => line.trim() !== "");
  if (observation.includes("Traceback (most recent call last):")) {
    const error = lines.findLast(
      (line) =>
        /^[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning)?\b(:|$)/.test(line) &&
        !/^(hint|note):/.test(line),
    );
    return `an error: ${oneLine(error ?? lines.at(-1) ?? "")}`;
  }
  const stopped = lines.find((line) => /^\[The (code|interpreter) /.test(line));
  if (stopped !== undefined) return oneLine(stopped);
  const shown = lines.filter((line) => !headings.has(line) && line !== noOutputNotice);
  return shown.length === 0 ? "no output" : oneLine(shown.join(" ⏎ "));
}

/** Condenses text to one line, its middle left out when it is long. */
function oneLine(text: string, maxCharacters = lineCharacters): string {
  const line = text
    .trim()
    .replaceAll(/\s*\n\s*/g, "; ")
    .replaceAll(/\s+/g, " ");
  if (line.length <= maxCharacters) return line;
  const half = Math.floor(maxCharacters / 2);
  return `${line.slice(0, half)} ... ${line.slice(-half)}`;
}

function keepEnds(lines: readonly string[], max: number): readonly string[] {
  if (lines.length <= max) return lines;
  const head = Math.floor(max / 4);
  const tail = max - head;
  const left = lines.length - max;
  return [...lines.slice(0, head), `- (${left} steps left out)`, ...lines.slice(-tail)];
}

async function listVariables(session: Session): Promise<readonly string[]> {
  const found = (await session.variables?.().catch(() => [])) ?? [];
  const lines = found.slice(0, maxListed).map(({ name, type, shape, length, preview }) => {
    const size = shape === undefined ? length : `(${shape.join(", ")})`;
    const kind = size === undefined ? type : `${type} ${size}`;
    return `- ${name}: ${kind}, ${oneLine(preview, 60)}`;
  });
  return found.length > maxListed ? [...lines, `- and ${found.length - maxListed} more`] : lines;
}

async function listFiles(session: Session): Promise<readonly string[]> {
  const found = (await session.files?.list().catch(() => [])) ?? [];
  const lines = found
    .slice(0, maxListed)
    .map(({ path, sizeBytes }) => `- ${oneLine(path, 200)} (${sizeBytes} bytes)`);
  return found.length > maxListed ? [...lines, `- and ${found.length - maxListed} more`] : lines;
}
