import { roughTokens } from "../models/estimate-usage.ts";
import type { Message } from "../models/model.ts";

/** Tells how many tokens a prompt will have. */
export interface TokenEstimate {
  of(messages: readonly Message[]): number;
  /** Learns from what the service counted for these messages. */
  learn(messages: readonly Message[], inputTokens: number): void;
}

/** Creates an estimate that counts characters, until the service has told what it counts. */
export function createTokenEstimate(): TokenEstimate {
  let factor = 1;
  return {
    of: (messages) => Math.ceil(roughTokens(messages) * factor),
    learn(messages, inputTokens) {
      const estimated = roughTokens(messages);
      // What a service reports may lack what it had in its cache: never trust less than a quarter.
      if (inputTokens > 0 && estimated > 0) factor = Math.max(inputTokens / estimated, 0.25);
    },
  };
}
