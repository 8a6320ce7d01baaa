import type { CallFormatOptions } from "../formats/call-format.ts";
import { createFormat } from "../formats/choose-format.ts";
import type { ActionFormat } from "../formats/format.ts";
import type { Feedback, FormatName } from "./benchmark.ts";
import { plainTraceback } from "./plain-traceback.ts";

/** Creates the agent's format of this name; with plain feedback exceptions read as Python itself shows them. */
export function actionFormat(
  name: FormatName,
  feedback: Feedback,
  options?: CallFormatOptions,
): ActionFormat {
  return withFeedback(createFormat(name, options), feedback);
}

/** Makes a format render exceptions as `feedback` says. */
export function withFeedback(format: ActionFormat, feedback: Feedback): ActionFormat {
  if (feedback === "enriched") return format;
  return {
    ...format,
    render: (outcome, options) => format.render(plainTraceback(outcome), options),
  };
}
