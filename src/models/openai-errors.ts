import { APIConnectionError, APIError } from "openai";
import { CodeActError } from "../errors.ts";
import { optionalParameters, type OptionalParameter } from "./openai-request.ts";

/** What an error's message may tell about the server. */
export interface ServerDescription {
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Where the key came from, such as `OPENAI_API_KEY`. */
  readonly apiKeyName: string | undefined;
}

/** The HTTP status of a failure; some servers put it into an event of a stream that began well. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof APIError)) return undefined;
  const status: unknown = error.status ?? Number(error.code ?? Number.NaN);
  return typeof status === "number" && status >= 400 && status < 600 ? status : undefined;
}

/** Tells whether the same request may succeed a little later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof APIConnectionError) return true;
  const status = statusOf(error);
  if (status === undefined) return !(error instanceof APIError) && isConnectionLoss(error);
  if (status === 429) return !isQuota(error);
  return status === 408 || status === 409 || status >= 500;
}

function isQuota(error: unknown): boolean {
  return (
    error instanceof APIError && /insufficient_quota|billing/i.test(`${error.code} ${error.type}`)
  );
}

/** A connection that broke while the reply streamed. */
function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error && (error.message === "terminated" || networkCode(error) !== undefined)
  );
}

/** The parameter that the server refused, when a reply is possible without it. */
export function refusedParameter(error: unknown): OptionalParameter | undefined {
  const status = statusOf(error);
  if (!(error instanceof APIError) || (status !== 400 && status !== 422)) return undefined;
  if (!/support|unrecognized|unknown|extra|not permitted|not allowed/i.test(error.message)) {
    return undefined;
  }
  // The error may also name the parameter to use instead, after the refused one.
  const named = optionalParameters
    .map((name) => ({ name, index: error.message.search(new RegExp(`\\b${name}\\b`)) }))
    .filter(({ index }) => index >= 0)
    .sort((a, b) => a.index - b.index);
  return optionalParameters.find((name) => name === error.param) ?? named[0]?.name;
}

/** Turns any failure of a request into one clear sentence with a hint. Keys never appear in it. */
export function toModelError(error: unknown, server: ServerDescription): CodeActError {
  const { model, baseUrl } = server;
  const status = statusOf(error);
  const said = serverMessage(error, server);
  const details = { model, baseUrl, ...(status !== undefined && { status }) };
  const make = (
    code: ConstructorParameters<typeof CodeActError>[0],
    message: string,
    hint: string,
  ) => new CodeActError(code, message, { hint, details });

  if (error instanceof APIConnectionError || (status === undefined && isConnectionLoss(error))) {
    return connectionError(error, server, details);
  }
  if (status === 401 || status === 403) {
    const where = server.apiKeyName ?? "the API key";
    return server.apiKey === undefined
      ? make(
          "model_auth_failed",
          `The model server at ${baseUrl} asks for an API key.`,
          `Set ${where}.`,
        )
      : make(
          "model_auth_failed",
          `The model server at ${baseUrl} refused the API key.`,
          `Check that ${where} is valid and may use ${model}.`,
        );
  }
  if (status === 404) {
    return make(
      "model_not_found",
      `The model server at ${baseUrl} has no model named ${model}.`,
      "Check the model's name and the base URL.",
    );
  }
  if (status === 429 && isQuota(error)) {
    return make(
      "model_failed",
      `The quota of the account at ${baseUrl} is used up.`,
      "Check the plan and the billing of the account.",
    );
  }
  if (status === 429) {
    return make(
      "model_rate_limited",
      `The model server at ${baseUrl} still limits the rate of requests after retries.`,
      "Wait a while, or use another model.",
    );
  }
  if (
    /context.{0,3}(length|window|size)|maximum.{0,20}tokens|too (long|many tokens)|n_ctx/i.test(
      said,
    )
  ) {
    return make(
      "model_failed",
      `The conversation is too long for ${model}: ${said}`,
      "Shorten the conversation, or use a model with a larger context.",
    );
  }
  if (status !== undefined && status >= 500) {
    return make(
      "model_failed",
      `The model server at ${baseUrl} failed with status ${status}: ${said}`,
      "Try again later, or look at the server's log.",
    );
  }
  if (status !== undefined) {
    return make(
      "model_failed",
      `The model server at ${baseUrl} refused the request with status ${status}: ${said}`,
      "Check the model's name and what it supports.",
    );
  }
  return make(
    "model_failed",
    `The reply of ${model} at ${baseUrl} could not be read: ${said}`,
    "Try again, or look at the server's log.",
  );
}

function connectionError(
  error: unknown,
  { baseUrl }: ServerDescription,
  details: Readonly<Record<string, unknown>>,
): CodeActError {
  const code = networkCode(error);
  const address = new URL(baseUrl).host;
  const what =
    code === "ECONNREFUSED"
      ? `Nothing answers at ${address}: the connection was refused.`
      : code === "ENOTFOUND" || code === "EAI_AGAIN"
        ? `The host name of ${address} cannot be found.`
        : `The connection to the model server at ${address} failed${code === undefined ? "" : ` (${code})`}.`;
  return new CodeActError("model_unreachable", what, {
    hint: "Check that the server runs, the base URL, and the network.",
    details,
  });
}

/** Looks for a system's error code along the causes; connections tried in parallel report several. */
function networkCode(error: unknown, depth = 0): string | undefined {
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

function serverMessage(error: unknown, { apiKey }: ServerDescription): string {
  const body: unknown = error instanceof APIError ? error.error : undefined;
  const message: unknown =
    typeof body === "object" && body !== null && "message" in body ? body.message : undefined;
  const raw = typeof message === "string" ? message : error instanceof Error ? error.message : "";
  const clean = (apiKey ? raw.replaceAll(apiKey, "***") : raw)
    .replace(/\b(sk|gsk|key)-[\w*-]{6,}/g, "***")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
  if (clean === "") return "no reason was given.";
  return /[.!?]$/.test(clean) ? clean : `${clean}.`;
}
