import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { optionalCallParameters, type OptionalCallParameter } from "./ai-sdk-request.ts";
import {
  isConnectionLoss,
  networkCode,
  serviceError,
  type ServiceDescription,
} from "./model-errors.ts";

/** The fields of AI SDK's `APICallError` that count, told by its shape: the package need not be there. */
const callError = z.object({
  message: z.string(),
  url: z.string().optional().catch(undefined),
  statusCode: z.number().optional().catch(undefined),
  isRetryable: z.boolean().optional().catch(undefined),
  responseHeaders: z.record(z.string(), z.string()).optional().catch(undefined),
  responseBody: z.string().optional().catch(undefined),
});

function readError(error: unknown): z.infer<typeof callError> {
  const parsed = callError.safeParse(error);
  if (parsed.success) return parsed.data;
  return { message: typeof error === "string" ? error : "" };
}

/** Google answers 400 to a wrong key. */
function statusOf({ statusCode, message }: z.infer<typeof callError>): number | undefined {
  return statusCode === 400 && /api.?key not valid|api_key_invalid/i.test(message)
    ? 401
    : statusCode;
}

function isQuota({ message, responseBody = "" }: z.infer<typeof callError>): boolean {
  return /insufficient_quota|credit balance|billing_hard_limit/i.test(`${message} ${responseBody}`);
}

/** Tells whether the same request may succeed a little later. */
export function isTransientCall(error: unknown): boolean {
  const call = readError(error);
  if (isQuota(call)) return false;
  if (call.isRetryable !== undefined) return call.isRetryable;
  const { statusCode: status } = call;
  if (status === undefined) return isConnectionLoss(error);
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The parameter that the service refused, when a reply is possible without it. */
export function refusedCallParameter(error: unknown): OptionalCallParameter | undefined {
  const { statusCode, message } = readError(error);
  if (statusCode !== 400 && statusCode !== 422) return undefined;
  if (!/support|unrecognized|unknown|extra|not permitted|not allowed|deprecated/i.test(message)) {
    return undefined;
  }
  return optionalCallParameters.find((name) =>
    (name === "temperature" ? /\btemperature\b/ : /\bstop(_?sequences)?\b/i).test(message),
  );
}

/** The headers of the response that a failure came with. */
export function headersOfCall(error: unknown): Headers | undefined {
  const { responseHeaders } = readError(error);
  return responseHeaders === undefined ? undefined : new Headers(responseHeaders);
}

/** Turns any failure of a language model into one clear sentence with a hint. Keys never appear in it. */
export function toCallError(error: unknown, service: ServiceDescription): CodeActError {
  if (error instanceof CodeActError) return error;
  const call = readError(error);
  if (error instanceof Error && error.name === "AI_LoadAPIKeyError") {
    return new CodeActError("model_auth_failed", `There is no API key for ${service.model}.`, {
      hint: `Set ${service.apiKeyName ?? "the API key of its provider"}.`,
    });
  }
  const status = statusOf(call);
  const code = networkCode(error);
  const lost = status === undefined && isConnectionLoss(error);
  const address = call.url !== undefined && URL.canParse(call.url) ? new URL(call.url).host : "";
  return serviceError(
    {
      said: call.message,
      quota: isQuota(call),
      ...(status !== undefined && { status }),
      ...(lost && {
        connection: { ...(address !== "" && { address }), ...(code !== undefined && { code }) },
      }),
    },
    service,
  );
}
