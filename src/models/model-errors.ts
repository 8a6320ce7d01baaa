import { CodeActError, type ErrorCode } from "../errors.ts";
import { isContextOverflow, isSharedContextFull, type SaidFailure } from "./context-overflow.ts";

/** What an error's message may tell about a model's service. */
export interface ServiceDescription {
  readonly model: string;
  /** Where it is, after a noun in a sentence, such as `at http://127.0.0.1:8000/v1` or `of anthropic`. */
  readonly place: string;
  /** Never shown: it is taken out of what the service says. */
  readonly apiKey: string | undefined;
  /** Where the key came from, such as `OPENAI_API_KEY`. */
  readonly apiKeyName: string | undefined;
}

/** What an adapter found out about a failed request. */
export interface ServiceFailure extends SaidFailure {
  /** Of the HTTP response. */
  readonly status?: number;
  /** Whether the account's quota is used up, which no waiting mends. */
  readonly quota?: boolean;
  /** Set when the connection failed: host and port where known, and the system's code. */
  readonly connection?: { readonly address?: string; readonly code?: string };
}

/** Turns a failed request into one clear sentence with a hint. Keys never appear in it. */
export function serviceError(failure: ServiceFailure, service: ServiceDescription): CodeActError {
  const { model, place } = service;
  const { status, connection } = failure;
  const said = cleanMessage(failure.said, service.apiKey);
  const details = { model, place, ...(status !== undefined && { status }) };
  const make = (code: ErrorCode, message: string, hint: string) =>
    new CodeActError(code, message, { hint, details });

  if (connection !== undefined) {
    return make(
      "model_unreachable",
      connectionMessage(connection, place),
      "Check that the server runs, the base URL, and the network.",
    );
  }
  if (status === 401 || status === 403) {
    const where = service.apiKeyName ?? "the API key";
    return service.apiKey === undefined
      ? make(
          "model_auth_failed",
          `The model server ${place} asks for an API key.`,
          service.apiKeyName === undefined
            ? "Set OPENAI_BASE_URL to its address and OPENAI_API_KEY to the key; a key goes only where it was set for."
            : `Set ${where}.`,
        )
      : make(
          "model_auth_failed",
          `The model server ${place} refused the API key.`,
          `Check that ${where} is valid and may use ${model}.`,
        );
  }
  if (status === 404) {
    return make(
      "model_not_found",
      `The model server ${place} has no model named ${model}.`,
      "Check the model's name and the base URL.",
    );
  }
  if (failure.quota === true) {
    return make(
      "model_failed",
      `The quota of the account ${place} is used up.`,
      "Check the plan and the billing of the account.",
    );
  }
  if (status === 429) {
    return make(
      "model_rate_limited",
      `The model server ${place} still limits the rate of requests after retries.`,
      "Wait a while, or use another model.",
    );
  }
  if (isSharedContextFull(failure)) {
    return new CodeActError(
      "model_context_exceeded",
      `The conversations that the model server ${place} has at once are too long for the context that they share: ${said}`,
      {
        hint: "Send fewer at once, or start the server with a larger context.",
        details: { ...details, reason: "shared-context" },
      },
    );
  }
  if (isContextOverflow(failure)) {
    return make(
      "model_context_exceeded",
      `The conversation is too long for ${model}: ${said}`,
      "Shorten the conversation, or use a model with a larger context.",
    );
  }
  if (status !== undefined && isFiltered(said)) {
    return new CodeActError(
      "model_failed",
      `The content filter of the model server ${place} refused the request: ${said}`,
      {
        hint: "Say the task in other words, or choose another model.",
        details: { ...details, reason: "content-filter" },
      },
    );
  }
  if (status !== undefined && status >= 500) {
    return make(
      "model_failed",
      `The model server ${place} failed with status ${status}: ${said}`,
      "Try again later, or look at the server's log.",
    );
  }
  if (status !== undefined) {
    return make(
      "model_failed",
      `The model server ${place} refused the request with status ${status}: ${said}`,
      "Check the model's name and what it supports.",
    );
  }
  return make(
    "model_failed",
    `The reply of ${model} ${place} could not be read: ${said}`,
    "Try again, or look at the server's log.",
  );
}

function isFiltered(said: string): boolean {
  return /content[ _-]?(filter|management policy)|responsible ?ai ?policy/i.test(said);
}

function connectionMessage(
  { address, code }: NonNullable<ServiceFailure["connection"]>,
  place: string,
): string {
  if (address !== undefined && code === "ECONNREFUSED") {
    return `Nothing answers at ${address}: the connection was refused.`;
  }
  if (address !== undefined && (code === "ENOTFOUND" || code === "EAI_AGAIN")) {
    return `The host name of ${address} cannot be found.`;
  }
  const where = address === undefined ? place : `at ${address}`;
  return `The connection to the model server ${where} failed${code === undefined ? "" : ` (${code})`}.`;
}

/** Tells whether a connection broke while the reply streamed. */
export function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error && (error.message === "terminated" || networkCode(error) !== undefined)
  );
}

/** Looks for a system's error code along the causes; connections tried in parallel report several. */
export function networkCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 6) return undefined;
  if (
    "code" in error &&
    typeof error.code === "string" &&
    /^(E(?!RR_)[A-Z_]+|UND_ERR_\w+)$/.test(error.code)
  ) {
    return error.code;
  }
  const nested: unknown[] = error instanceof AggregateError ? error.errors : [];
  for (const inner of [...nested, error.cause]) {
    const code = networkCode(inner, depth + 1);
    if (code !== undefined) return code;
  }
  return undefined;
}

/** One sentence of what the service said, without keys. */
function cleanMessage(raw: string, apiKey: string | undefined): string {
  const clean = (apiKey ? raw.replaceAll(apiKey, "***") : raw)
    .replace(/\b(sk|gsk|key)-[\w*-]{6,}/g, "***")
    .replace(/\bAIza[\w-]{10,}/g, "***")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
  if (clean === "") return "no reason was given.";
  return /[.!?]$/.test(clean) ? clean : `${clean}.`;
}
