import { appendFileSync, writeFileSync } from "node:fs";
import { CodeActError } from "../errors.ts";
import type {
  FinishReason,
  Model,
  ModelEvent,
  ModelRequest,
  ToolCallDelta,
  Usage,
} from "./model.ts";
import type { ReplayReply } from "./replay-file.ts";

export interface RecordingOptions {
  /** Receives one line of JSON, with its line end, for each reply. */
  readonly write: (line: string) => void;
}

/**
 * Wraps a model: yields its events unchanged and records each reply in the format of `parseReplayFile`.
 * A reply that the consumer ended early is recorded as far as it came; one that failed or was aborted is not.
 * When a line cannot be written, the reply finishes with `permission_denied`.
 */
export function createRecordingModel(inner: Model, { write }: RecordingOptions): Model {
  async function* stream(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    let text = "";
    const calls: { id: string; name: string; arguments: string }[] = [];
    let usage: Usage | undefined;
    let ended: FinishReason | undefined;
    const record = (finish: FinishReason): CodeActError | undefined => {
      if (finish === "error" || finish === "aborted") return undefined;
      const reply: ReplayReply = {
        text,
        ...(calls.length > 0 && { toolCalls: calls }),
        ...(usage !== undefined && { usage }),
        ...(finish !== "stop" && { finish }),
        ...(request.seed !== undefined && { seed: request.seed }),
      };
      try {
        write(`${JSON.stringify(reply)}\n`);
        return undefined;
      } catch (cause) {
        return new CodeActError("permission_denied", "The reply could not be recorded.", {
          hint: "Check the space and the rights of the recording's folder.",
          cause,
        });
      }
    };
    try {
      for await (const event of inner.stream(request)) {
        if (event.type === "text-delta") text += event.text;
        else if (event.type === "usage") ({ usage } = event);
        else if (event.type === "tool-call-delta") addDelta(calls, event);
        else if (event.type === "finish") {
          ended = event.reason;
          const error = record(event.reason);
          if (error !== undefined) {
            yield { type: "finish", reason: "error", error };
            return;
          }
        }
        yield event;
      }
    } finally {
      if (ended === undefined && request.signal?.aborted !== true) record("stop");
    }
  }

  return { ...inner, stream };
}

function addDelta(
  calls: { id: string; name: string; arguments: string }[],
  { index, id = "", name = "", arguments: text }: ToolCallDelta,
): void {
  const call = calls[index];
  if (call === undefined) calls.push({ id, name, arguments: text });
  else call.arguments += text;
}

/**
 * Starts a recording at `path` and returns what writes to it. What was there gives way to the first line.
 * Throws `invalid_input` or `permission_denied` when the file cannot be made.
 */
export function createReplayWriter(path: string): (line: string) => void {
  try {
    appendFileSync(path, "");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isDenied = code === "EACCES" || code === "EPERM" || code === "EROFS";
    throw new CodeActError(
      isDenied ? "permission_denied" : "invalid_input",
      `The recording can't be written to ${path}.`,
      { hint: "Name a file in a folder that is there and that you may write to.", cause: error },
    );
  }
  let isBegun = false;
  return (line) => {
    if (isBegun) appendFileSync(path, line);
    else writeFileSync(path, line);
    isBegun = true;
  };
}
