/**
 * Faults of the system itself. What the model's code does is never a fault: that is an `Outcome`.
 * Cancellation is neither: it travels as an `AbortSignal`.
 */

interface ErrorKind {
  /** Status of an HTTP response that reports this fault. */
  readonly httpStatus: number;
  /** Exit code of a command that ends with this fault. */
  readonly exitCode: number;
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;
}

/** Every fault, with the HTTP status and the exit code that report it. Documented in docs/reference/errors.md. */
export const errorKinds = {
  invalid_input: { httpStatus: 400, exitCode: 2, retryable: false },
  file_not_found: { httpStatus: 404, exitCode: 2, retryable: false },
  quota_exceeded: { httpStatus: 413, exitCode: 2, retryable: false },
  permission_denied: { httpStatus: 403, exitCode: 2, retryable: false },
  model_not_configured: { httpStatus: 503, exitCode: 3, retryable: false },
  model_auth_failed: { httpStatus: 401, exitCode: 3, retryable: false },
  model_not_found: { httpStatus: 404, exitCode: 3, retryable: false },
  model_unreachable: { httpStatus: 502, exitCode: 4, retryable: true },
  model_rate_limited: { httpStatus: 429, exitCode: 4, retryable: true },
  model_timeout: { httpStatus: 504, exitCode: 4, retryable: true },
  model_context_exceeded: { httpStatus: 413, exitCode: 4, retryable: false },
  model_failed: { httpStatus: 502, exitCode: 4, retryable: false },
  data_unavailable: { httpStatus: 502, exitCode: 4, retryable: true },
  python_not_found: { httpStatus: 503, exitCode: 5, retryable: false },
  environment_failed: { httpStatus: 503, exitCode: 5, retryable: true },
  sandbox_unavailable: { httpStatus: 503, exitCode: 5, retryable: false },
  session_closed: { httpStatus: 410, exitCode: 6, retryable: false },
  session_busy: { httpStatus: 409, exitCode: 6, retryable: true },
  checkpoint_not_found: { httpStatus: 404, exitCode: 6, retryable: false },
  mcp_server_failed: { httpStatus: 502, exitCode: 6, retryable: true },
  not_supported: { httpStatus: 501, exitCode: 6, retryable: false },
  backend_lost: { httpStatus: 503, exitCode: 6, retryable: true },
  protocol_violation: { httpStatus: 502, exitCode: 6, retryable: false },
  unexpected: { httpStatus: 500, exitCode: 6, retryable: false },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface CodeActErrorOptions {
  /** What the user can do about it: one imperative sentence. */
  readonly hint?: string;
  /** Plain data for programs; shown to users only on request. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** A fault with a stable code. `message` is one clear sentence for a person. */
export class CodeActError extends Error {
  override readonly name = "CodeActError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: CodeActErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable;
  }

  get httpStatus(): number {
    return errorKinds[this.code].httpStatus;
  }

  get exitCode(): number {
    return errorKinds[this.code].exitCode;
  }
}

/** Tells whether `value` is a `CodeActError`, with this `code` when one is given. */
export function isCodeActError(value: unknown, code?: ErrorCode): value is CodeActError {
  return value instanceof CodeActError && (code === undefined || value.code === code);
}
