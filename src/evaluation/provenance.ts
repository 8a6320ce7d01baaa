import { z } from "zod";
import { packageVersion } from "../package-version.ts";

/** What made a result, beyond the settings: what one has to know to make it again. */
export interface Provenance {
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  /** Version of this package, which decides prompts, loop and grading. */
  readonly codeact: string;
  /** Version of the interpreter, such as `3.11.2`, where it is known. */
  readonly python?: string;
  /** Name of the runtime, such as `sandbox`. */
  readonly runtime: string;
  /** Who served the model, by OpenTelemetry's names, where it is known; never an address. */
  readonly provider?: string;
}

export const provenanceSchema = z.looseObject({
  startedAt: z.string(),
  codeact: z.string(),
  python: z.string().exactOptional(),
  runtime: z.string(),
  provider: z.string().exactOptional(),
});

const codeact = packageVersion();

/** Notes what a play is made with. */
export function provenanceOf(play: {
  readonly startedAt: Date;
  readonly python: string | undefined;
  readonly runtime: string;
  readonly provider: string | undefined;
}): Provenance {
  return {
    startedAt: play.startedAt.toISOString(),
    codeact,
    ...(play.python !== undefined && { python: play.python }),
    runtime: play.runtime,
    ...(play.provider !== undefined && { provider: play.provider }),
  };
}
