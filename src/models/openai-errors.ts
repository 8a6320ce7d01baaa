import { APIConnectionError, APIError } from "openai";
import type { CodeActError } from "../errors.ts";
import { isContextOverflow, isSharedContextFull, type SaidFailure } from "./context-overflow.ts";
import {
  isConnectionLoss,
  networkCode,
  serviceError,
  type ServiceDescription,
} from "./model-errors.ts";
import { optionalParameters, type OptionalParameter } from "./openai-request.ts";

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
  const said = saidFailure(error);
  if (isContextOverflow(said)) return isSharedContextFull(said);
  return status === 408 || status === 409 || status >= 500;
}

function isQuota(error: unknown): boolean {
  return (
    error instanceof APIError && /insufficient_quota|billing/i.test(`${error.code} ${error.type}`)
  );
}

/** The parameter that the server refused, when a reply is possible without it. */
export function refusedParameter(error: unknown): OptionalParameter | undefined {
  const status = statusOf(error);
  if (refusesTools(error, status)) return "tools";
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

/** Servers say with any status that they, or the model that they have loaded, know no tools. */
function refusesTools(error: unknown, status: number | undefined): boolean {
  return (
    error instanceof APIError &&
    status !== undefined &&
    ![401, 403, 429].includes(status) &&
    /\btools?\b|\btool[_ -]?(use|call|choice)|function[_ -]?call/i.test(error.message) &&
    /support|require|enable|unrecognized|unknown|extra|not permitted|not allowed|--jinja/i.test(
      error.message,
    )
  );
}

/** What the model wrote when the server itself could not read its tool call and refuses to give it out otherwise. */
export function failedToolCall(error: unknown): string | undefined {
  const body: unknown = error instanceof APIError ? error.error : undefined;
  if (typeof body !== "object" || body === null || !("failed_generation" in body)) return undefined;
  const { failed_generation: text } = body;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** Turns any failure of a request into one clear sentence with a hint. Keys never appear in it. */
export function toModelError(
  error: unknown,
  service: ServiceDescription & { readonly baseUrl: string },
): CodeActError {
  const status = statusOf(error);
  const lost =
    error instanceof APIConnectionError || (status === undefined && isConnectionLoss(error));
  const code = networkCode(error);
  return serviceError(
    {
      ...saidFailure(error),
      quota: status === 429 && isQuota(error),
      ...(status !== undefined && { status }),
      ...(lost && {
        connection: { address: new URL(service.baseUrl).host, ...(code !== undefined && { code }) },
      }),
    },
    service,
  );
}

/** Some servers put a string in place of the object with the message. */
function saidFailure(error: unknown): SaidFailure {
  if (!(error instanceof APIError)) return { said: error instanceof Error ? error.message : "" };
  const body: unknown = error.error;
  const message: unknown =
    typeof body === "object" && body !== null && "message" in body ? body.message : body;
  return {
    said: typeof message === "string" ? message : error.message,
    kind: `${error.code} ${error.type}`,
  };
}
