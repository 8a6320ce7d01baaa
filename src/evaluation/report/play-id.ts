import { createHash } from "node:crypto";
import type { EvaluationResult } from "../trajectory.ts";

/** A short name of a play for links, the same in every report. */
export function playId({ key }: Pick<EvaluationResult, "key">): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, 10);
}
