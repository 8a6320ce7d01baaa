import type { Target } from "./policy.ts";
import type { NetworkRequest } from "./network.ts";

const maxPathCharacters = 2000;

/** Tells its listeners of the requests of one session. */
export interface RequestLog {
  /** Notes that a request has begun; what is told of it later carries its number. */
  begin(method: string, target: Target, path?: string): LoggedRequest;
  /** Calls `listener` for everything from now on, until the function that is returned is called. */
  listen(listener: (request: NetworkRequest) => void): () => void;
}

export interface LoggedRequest {
  readonly target: Target;
  opened(address: string | undefined): void;
  ended(end: RequestEnd): void;
}

export type RequestEnd = Pick<NetworkRequest, "verdict" | "status"> &
  Partial<Pick<NetworkRequest, "reason" | "address" | "sentBytes" | "receivedBytes">>;

/** Makes an empty log. */
export function createRequestLog(): RequestLog {
  const listeners = new Set<(request: NetworkRequest) => void>();
  let lastId = 0;
  return {
    begin(method, target, path) {
      const id = ++lastId;
      const tell = (end: RequestEnd, state: NetworkRequest["state"]): void => {
        const { verdict, status, address, reason, sentBytes = 0, receivedBytes = 0 } = end;
        const request = {
          ...{ id, verdict, state, method, ...target },
          ...(path === undefined ? {} : { path: path.slice(0, maxPathCharacters) }),
          ...(address === undefined ? {} : { address }),
          status,
          ...(reason === undefined ? {} : { reason }),
          ...{ sentBytes, receivedBytes },
        };
        for (const listener of listeners) listener(request);
      };
      return {
        target,
        opened: (address) =>
          tell(
            { verdict: "allowed", status: 200, ...(address === undefined ? {} : { address }) },
            "open",
          ),
        ended: (end) => tell(end, "ended"),
      };
    },
    listen(listener) {
      const own = (request: NetworkRequest): void => listener(request);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
