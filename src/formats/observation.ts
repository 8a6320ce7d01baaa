import type { Crash, MimeBundle, Outcome } from "../execution/outcome.ts";
import { terminalText } from "./terminal-text.ts";

/** A piece of an observation. `protected` text survives truncation. */
export type ObservationPart =
  | {
      readonly type: "text";
      readonly text: string;
      readonly protected?: boolean;
      /** Where it starts in the cell's whole text, as `cell_output` returns it; unset for what is not in there. */
      readonly at?: number;
    }
  | {
      readonly type: "image";
      readonly mediaType: string;
      readonly data: string;
      /** One line that stands for the picture where pictures cannot be sent. */
      readonly description: string;
    };

/** Turns the outputs of a cell into pieces, in order; streams that follow each other become one text. */
export function observe(
  outcome: Pick<Outcome, "outputs" | "late" | "error">,
): readonly ObservationPart[] {
  const parts: ObservationPart[] = [];
  const late = terminalText(outcome.late.map((output) => output.text).join(""));
  if (late.trim() !== "") {
    parts.push({ type: "text", text: `[Output that earlier code wrote in the meantime]\n${late}` });
  }
  let stream = "";
  let end = 0;
  let isLineStart = true;
  /** Notes that text follows in the cell's whole text, and returns where. */
  const place = (text: string, ownLine: boolean): number => {
    const at = ownLine && !isLineStart ? end + 1 : end;
    end = at + text.length + (ownLine ? 1 : 0);
    isLineStart = ownLine || text.endsWith("\n");
    return at;
  };
  const flush = () => {
    const text = terminalText(stream);
    if (stream !== "") parts.push({ type: "text", text, at: place(text, false) });
    stream = "";
  };
  let errorShown = false;
  for (const output of shownOutputs(outcome)) {
    if (output.type === "stream") {
      stream += output.text;
      continue;
    }
    flush();
    if (output.type === "error") {
      errorShown = true;
      place(output.error.traceback, true);
      parts.push({ type: "text", text: tracebackText(output.error), protected: true });
    } else {
      const plain = output.data["text/plain"] ?? "";
      const at = plain === "" ? end : place(plain, true);
      parts.push(...observeBundle(output.data).map((part) => ({ ...part, at })));
    }
  }
  flush();
  if (!errorShown && outcome.error !== undefined) {
    parts.push({ type: "text", text: tracebackText(outcome.error), protected: true });
  }
  return parts;
}

/** An update of a display stands where the display first stood. */
function shownOutputs(outcome: Pick<Outcome, "outputs">): Outcome["outputs"] {
  const shown: Outcome["outputs"][number][] = [];
  const places = new Map<string, number>();
  for (const output of outcome.outputs) {
    const id = output.type === "display" ? output.displayId : undefined;
    const place = id === undefined ? undefined : places.get(id);
    if (output.type === "display" && output.update === true && place !== undefined) {
      shown[place] = output;
    } else {
      if (id !== undefined) places.set(id, shown.length);
      shown.push(output);
    }
  }
  return shown;
}

function tracebackText(error: NonNullable<Outcome["error"]>): string {
  const text = terminalText(error.traceback).trimEnd();
  return text === "" ? `${error.name}: ${error.message}` : text;
}

/** Tells in words what a picture shows. */
const descriptionType = "text/vnd.codeact.description";

const textTypes = ["text/plain", "text/markdown", "text/latex", "text/html", "application/json"];

function observeBundle(data: MimeBundle): readonly ObservationPart[] {
  const parts: ObservationPart[] = [];
  const image = Object.keys(data).find((type) => /^image\/(png|jpeg|gif|webp)$/.test(type));
  if (image !== undefined) {
    const base64 = data[image]!.replaceAll(/\s/g, "");
    const size = image === "image/png" ? pngSize(base64) : undefined;
    const shows = terminalText(data[descriptionType] ?? "")
      .replaceAll(/\s+/g, " ")
      .slice(0, 600);
    const facts = [`${image} figure`, ...(size === undefined ? [] : [size])].join(", ");
    const description = shows === "" ? `[${facts}]` : `[${facts}: ${shows}]`;
    parts.push({ type: "image", mediaType: image, data: base64, description });
    return parts;
  }
  const markdown = data["text/markdown"];
  // Objects without a text of their own show as `<module.Class object at 0x...>`.
  const plain = data["text/plain"];
  const type =
    markdown !== undefined && (plain === undefined || /^<[^>]* at 0x[0-9a-f]+>$/.test(plain.trim()))
      ? "text/markdown"
      : textTypes.find((name) => data[name] !== undefined);
  if (type !== undefined) {
    parts.push({ type: "text", text: terminalText(data[type]!) });
  } else if (data["image/svg+xml"] !== undefined) {
    parts.push({ type: "text", text: "[image/svg+xml figure]" });
  } else if (Object.keys(data).length > 0) {
    parts.push({ type: "text", text: `[output of type ${Object.keys(data).join(", ")}]` });
  }
  return parts;
}

/** Reads width and height from a PNG's header, such as `640x480`. */
function pngSize(base64: string): string | undefined {
  const header = Buffer.from(base64.slice(0, 40), "base64");
  if (header.length < 24 || header.toString("latin1", 12, 16) !== "IHDR") return undefined;
  return `${header.readUInt32BE(16)}x${header.readUInt32BE(20)}`;
}

const maxNamedFiles = 8;

/** One line about the files that the cell wrote or removed. */
export function filesNote({ files = [] }: Outcome): string | undefined {
  if (files.length === 0) return undefined;
  const named = files.slice(0, maxNamedFiles).map(({ path, change, sizeBytes }) =>
    // A name may hold what looks like the end of this line.
    change === "removed"
      ? `removed ${JSON.stringify(path)}`
      : `${change} ${JSON.stringify(path)} (${formatBytes(sizeBytes)})`,
  );
  const rest = files.length - maxNamedFiles;
  return `[Files: ${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}]`;
}

function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${units[power]}`;
}

/** Says how the cell ended, where its outputs do not, and what became of the variables. */
export function statusNote(outcome: Outcome): string | undefined {
  const seconds = `${(outcome.wallMs / 1000).toFixed(1)} s`;
  switch (outcome.status) {
    case "ok":
    case "error":
      return outcome.state === "kept" ? undefined : `[${capitalise(stateNote(outcome.state))}]`;
    case "timeout":
      return `[The code was stopped after ${seconds} because it took too long; ${stateNote(outcome.state)}]`;
    case "interrupted":
      return `[The code was interrupted after ${seconds}; ${stateNote(outcome.state)}]`;
    case "crashed":
      return `[The interpreter died: ${crashNote(outcome.crash)}; ${stateNote(outcome.state)}]`;
  }
}

function stateNote(state: Outcome["state"]): string {
  switch (state) {
    case "kept":
      return "the variables are as the code left them.";
    case "rolled-back":
      return "the variables are back to what they were before this code ran.";
    case "lost":
      return "variables are lost, those of the last cells or all; the files are still there. Look what is left, then import and compute again what you need.";
  }
}

function crashNote(crash: Crash | undefined): string {
  switch (crash?.reason) {
    case "memory":
      return "the code used more memory than it may";
    case "disk":
      return "wrote more to the disk than it may";
    case "deadline":
      return "the code passed its deadline and could not be interrupted";
    case "unresponsive":
      return "it no longer responded";
    case "exit":
      return `the code ended the process with exit code ${crash.exitCode ?? "unknown"}`;
    case "signal":
      return `it was killed by ${crash.signal ?? "a signal"}`;
    case undefined:
      return "for an unknown reason";
  }
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
