import type { MimeBundle, Outcome, Output } from "../../execution/outcome.ts";
import type { OutputFolder } from "../output-folder.ts";
import type { Transcript } from "./transcript.ts";

const pictures: readonly (readonly [mediaType: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/svg+xml", "svg"],
];

/** Shows what cells produce, and saves their pictures as files. */
export interface OutcomePrinter {
  output(output: Output): void;
  /** Says how a cell ended where its outputs don't show it. */
  end(outcome: Outcome): void;
}

/**
 * Makes a printer; pictures are called `plot-1.png`, `plot-2.png`, ... What is not standard output or a
 * value goes to `errors`, which may be the same transcript.
 */
export function createOutcomePrinter(
  transcript: Transcript,
  errors: Transcript,
  folder: OutputFolder,
): OutcomePrinter {
  let plots = 0;

  function showBundle(data: MimeBundle): void {
    const picture = pictures.find(([mediaType]) => data[mediaType] !== undefined);
    if (picture !== undefined) {
      const [mediaType, extension] = picture;
      plots += 1;
      const encoding = mediaType === "image/svg+xml" ? "utf8" : "base64";
      const bytes = Buffer.from(data[mediaType] ?? "", encoding);
      const path = folder.save(`plot-${plots}.${extension}`, bytes);
      errors.block(`[plot saved to ${path}]`, "dim");
      return;
    }
    const text = data["text/plain"] ?? data["text/markdown"] ?? data["text/html"];
    if (text !== undefined) transcript.block(text);
  }

  return {
    output(output) {
      switch (output.type) {
        case "stream":
          if (output.name === "stdout") transcript.output(output.text);
          else errors.output(output.text, "yellow");
          break;
        case "display":
        case "value":
          showBundle(output.data);
          break;
        case "error":
          errors.block(output.error.traceback.trimEnd(), "red");
          break;
      }
    },
    end(outcome) {
      const ending = describeEnding(outcome);
      if (ending !== undefined) errors.block(`[${ending}]`, "yellow");
    },
  };
}

/** One line for an outcome that its outputs don't explain. */
export function describeEnding(outcome: Outcome): string | undefined {
  const seconds = (outcome.wallMs / 1000).toFixed(1);
  const state = {
    kept: "",
    "rolled-back": "; the variables are as they were before the cell",
    lost: "; variables are lost, those of the last cells or all",
  }[outcome.state];
  switch (outcome.status) {
    case "timeout":
      return `stopped after ${seconds} s: the time limit${state}`;
    case "interrupted":
      return `interrupted after ${seconds} s${state}`;
    case "crashed": {
      const crash = outcome.crash?.signal ?? outcome.crash?.reason ?? "unknown reason";
      return `the interpreter crashed (${crash})${state}`;
    }
    default:
      return undefined;
  }
}
