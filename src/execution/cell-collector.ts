import type { DoneFrame, OutputFrame } from "./kernel-frames.ts";
import { findFault } from "./plain-data.ts";
import type { CellAnswer, Outcome, Output, StreamOutput } from "./outcome.ts";

/** Gathers the outputs of one running cell into its outcome. */
export interface CellCollector {
  add(frame: OutputFrame): void;
  markTruncated(omittedBytes: number): void;
  /** Takes what the code passed to `final_answer`; the last one counts. */
  answer(json: string): void;
  finish(done: DoneFrame, late: readonly StreamOutput[]): Outcome;
}

/** Creates a collector; `onOutput` sees each output as it happens, streams in the pieces in which they come. */
export function createCellCollector(
  onOutput: ((output: Output) => void) | undefined,
): CellCollector {
  const outputs: Output[] = [];
  let streamName: StreamOutput["name"] | undefined;
  let streamPieces: string[] = [];
  let omittedBytes = 0;
  let answer: CellAnswer | undefined;

  const endStream = (): void => {
    if (streamName !== undefined) {
      outputs.push({ type: "stream", name: streamName, text: streamPieces.join("") });
    }
    streamName = undefined;
    streamPieces = [];
  };

  const append = (output: Output): void => {
    if (output.type !== "stream") {
      endStream();
      outputs.push(output);
    } else {
      if (output.name !== streamName) endStream();
      streamName = output.name;
      streamPieces.push(output.text);
    }
  };

  return {
    add(frame) {
      const output = toOutput(frame);
      append(output);
      onOutput?.(output);
    },
    markTruncated(bytes) {
      omittedBytes += bytes;
      const marker = `\n[... ${bytes} bytes of output left out ...]\n`;
      const output: Output = { type: "stream", name: streamName ?? "stdout", text: marker };
      append(output);
      onOutput?.(output);
    },
    answer(json) {
      answer = parseAnswer(json);
    },
    finish(done, late) {
      endStream();
      const failure = outputs.findLast((output) => output.type === "error");
      return {
        status: done.status,
        outputs,
        late,
        ...(failure === undefined ? {} : { error: failure.error }),
        ...(answer === undefined ? {} : { answer }),
        ...(done.crash === undefined ? {} : { crash: done.crash }),
        ...(omittedBytes === 0 ? {} : { truncated: { omittedBytes } }),
        state: done.state,
        executionCount: done.executionCount,
        wallMs: done.wallMs,
        cpuMs: done.cpuMs,
        peakMemoryBytes: done.peakMemoryBytes,
      };
    },
  };
}

/** As in python/codeact_kernel/plain_data.py. Deeper data would be more than those who take answers can walk. */
const maxAnswerDepth = 100;

/** Undefined for what is no JSON, or none that the kernel writes: the frame came from the guest. */
function parseAnswer(json: string): CellAnswer | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return findFault(value, maxAnswerDepth) === undefined ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function toOutput(frame: OutputFrame): Output {
  switch (frame.type) {
    case "stream":
      return { type: "stream", name: frame.name, text: frame.text };
    case "value":
      return { type: "value", data: frame.data };
    case "error":
      return { type: "error", error: frame.error };
    case "display": {
      const { id: _cell, ...display } = frame;
      return display;
    }
  }
}
