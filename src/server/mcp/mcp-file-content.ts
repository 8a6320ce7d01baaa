import type { CallToolResult } from "@modelcontextprotocol/server";
import { CodeActError } from "../../errors.ts";

/** The largest file that goes through one MCP message. */
const maxBytes = 5 * 1024 ** 2;

const pictureTypes: Readonly<Record<string, string>> = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

/** Turns a file into MCP content by its name and bytes. Throws `invalid_input` when it is too large. */
export function fileContent(path: string, bytes: Uint8Array): CallToolResult["content"][number] {
  if (bytes.length > maxBytes) {
    throw new CodeActError(
      "invalid_input",
      `${path} is too large to be sent: ${bytes.length} bytes.`,
      {
        hint: `Read a part of it with run_python; a message holds ${maxBytes} bytes.`,
      },
    );
  }
  const mimeType = pictureTypes[path.split(".").at(-1)?.toLowerCase() ?? ""];
  const base64 = () => Buffer.from(bytes).toString("base64");
  if (mimeType !== undefined) return { type: "image", data: base64(), mimeType };
  const text = asText(bytes);
  if (text !== undefined) return { type: "text", text };
  return {
    type: "resource",
    resource: {
      uri: `file:///workspace/${path.split("/").map(encodeURIComponent).join("/")}`,
      mimeType: "application/octet-stream",
      blob: base64(),
    },
  };
}

/** The bytes that a client sent, as text or base64. Throws `invalid_input`. */
export function fileBytes(content: {
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
}): Uint8Array {
  const { text, base64 } = content;
  if ((text === undefined) === (base64 === undefined)) {
    throw new CodeActError("invalid_input", "Give the file's content as either text or base64.");
  }
  if (text !== undefined) return new TextEncoder().encode(text);
  if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64!)) {
    throw new CodeActError("invalid_input", "The file's content is not valid base64.");
  }
  return Buffer.from(base64!, "base64");
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
