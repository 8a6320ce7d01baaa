import type { Duplex } from "node:stream";
import type { ServerResponse } from "node:http";

/**
 * A reason that may stand in a status line: clients put that line, and nothing else, into the errors that they raise.
 */
export function statusLineText(reason: string): string {
  return reason.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 500);
}

/** Answers a request with a sentence, in the status line and in the body. */
export function refuseRequest(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, statusLineText(reason), {
    "content-type": "text/plain; charset=utf-8",
    connection: "close",
  });
  response.end(`${reason}.\n`);
}

/** Answers a CONNECT with a sentence and closes the connection. */
export function refuseTunnel(socket: Duplex, status: number, reason: string): void {
  const body = `${statusLineText(reason)}.\n`;
  socket.end(
    `HTTP/1.1 ${status} ${statusLineText(reason)}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
