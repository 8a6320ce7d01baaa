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
  /** Of each list in the summary; the middle or the end of longer ones is left out. Default: only lines count. */
  readonly maxListCharacters?: number;
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
const leftOut = /^- \((\d+) steps left out\)$/;
const maxLines = 120;
const maxListed = 60;
const lineCharacters = 200;
const taskCharacters = 400;

/** Puts the facts of a part of the conversation together. Never rejects: what can't be had is left out. */
export async function summarise(source: SummarySource): Promise<string> {
  const done = whatWasDone(source);
  const notes = source.notes ?? earlierNotes(source.messages);
  const { maxListCharacters = Infinity } = source;
  const [variables, files] = await Promise.all([
    listVariables(source.session),
    listFiles(source.session),
  ]);
  return [
    summaryHeading,
    section(doneHeading, keepEnds(done, maxLines, maxListCharacters)),
    "The whole output of each cell can be read again in code: cell_output(number) returns it as text.",
    section(notesHeading, notes === undefined ? [] : [notes]),
    section(variablesHeading, keepStart(variables, maxListCharacters)),
    section(filesHeading, keepStart(files, maxListCharacters)),
    section(taskHeading, source.task === undefined ? [] : [source.task]),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Tells whether a message is a summary. */
export function isSummary(message: Message): boolean {
  return message.role === "user" && messageText(message).startsWith(summaryHeading);
}

/** The notes of a model in the summary with which a conversation starts, if it does. */
export function earlierNotes([first]: readonly Message[]): string | undefined {
  if (first === undefined || !isSummary(first)) return undefined;
  return sectionLines(messageText(first), notesHeading)?.join("\n");
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
      if (isSummary(message)) {
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

/** Leaves steps in the middle out, more of them than an earlier summary has left out. */
function keepEnds(lines: readonly string[], max: number, maxCharacters: number): readonly string[] {
  if (fitting(lines, max, maxCharacters) === lines.length) return lines;
  const steps = lines.filter((line) => !leftOut.test(line));
  const before = lines.reduce((sum, line) => sum + Number(leftOut.exec(line)?.[1] ?? 0), 0);
  const head = fitting(steps, Math.floor(max / 4), maxCharacters / 4);
  const tail = fitting(steps.toReversed(), max - head, maxCharacters * 0.75);
  const left = before + steps.length - head - tail;
  return [
    ...steps.slice(0, head),
    `- (${left} steps left out)`,
    ...steps.slice(steps.length - tail),
  ];
}

function keepStart(lines: readonly string[], maxCharacters: number): readonly string[] {
  const count = fitting(lines, lines.length, maxCharacters);
  return count === lines.length
    ? lines
    : [...lines.slice(0, count), `- and ${lines.length - count} more`];
}

/** How many of the first lines there is room for. */
function fitting(lines: readonly string[], max: number, maxCharacters: number): number {
  let count = 0;
  let characters = 0;
  for (const line of lines.slice(0, max)) {
    characters += line.length + 1;
    if (characters > maxCharacters) break;
    count += 1;
  }
  return count;
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
