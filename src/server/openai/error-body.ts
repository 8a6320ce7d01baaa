import { errorKinds, isCodeActError, type ErrorCode } from "../../errors.ts";

/** A fault as OpenAI's API reports it. */
export interface ErrorResponse {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly code: string;
      readonly param: null;
    };
  };
}

/** Faults behind the server that would read as the client's own if their status were passed on. */
const ownStatus: Partial<Record<ErrorCode, number>> = {
  model_auth_failed: 502,
  model_not_configured: 502,
  session_closed: 503,
  checkpoint_not_found: 503,
};

/** Says what a fault means to a client. What is unexpected shows nothing of its inside. */
export function errorBody(error: unknown): ErrorResponse {
  if (!isCodeActError(error)) {
    return response(500, "unexpected", "The server met an unexpected fault.");
  }
  const status = ownStatus[error.code] ?? errorKinds[error.code].httpStatus;
  if (error.code === "model_auth_failed") {
    // The service's words may tell of the server's key.
    return response(status, error.code, "The model's service refuses the server.");
  }
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return response(status, error.code, message);
}

function response(status: number, code: string, message: string): ErrorResponse {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return { status, body: { error: { message, type, code, param: null } } };
}
