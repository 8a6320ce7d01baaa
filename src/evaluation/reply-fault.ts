import type { Reply } from "../agent/stream-reply.ts";
import { CodeActError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import type { Ending } from "./benchmark.ts";

/** How a play ends whose model failed, was stopped or was filtered; undefined for a reply that came to its end. */
export function replyFault(
  { finish, error }: Reply,
  model: Model,
): Pick<Ending, "status" | "error"> | undefined {
  if (finish === "aborted") return { status: "aborted" };
  if (finish === "error") return { status: "failed", ...(error && { error }) };
  if (finish !== "content-filter") return undefined;
  return {
    status: "failed",
    error: new CodeActError("model_failed", `The content filter of ${model.id} ended its reply.`, {
      details: { reason: "content-filter" },
    }),
  };
}
