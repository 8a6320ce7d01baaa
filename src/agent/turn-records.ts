import type { Outcome } from "../execution/outcome.ts";
import type { Message } from "../models/model.ts";

/** What became of a message of the model: the run's memory of what history tells in words only. */
export type TurnRecord =
  | { readonly kind: "cell"; readonly number: number; readonly status: Outcome["status"] }
  | { readonly kind: "plan" }
  | { readonly kind: "refused" };

/** Records by the message of the model that they are about. */
export type TurnRecords = WeakMap<Message, TurnRecord>;
