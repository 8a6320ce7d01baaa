import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";

/**
 * Turns the result of an MCP tool into plain data for Python: its structured content where it has one, text as a
 * string, and mixed content as a list of strings and dictionaries. Throws the server's message when the tool failed.
 */
export function plainResult(result: CallToolResult): unknown {
  if (result.isError === true) {
    throw new Error(joinText(result.content) || "The tool failed without saying why.");
  }
  if (result.structuredContent !== undefined) return result.structuredContent;
  if (result.content.every((part) => part.type === "text")) return joinText(result.content);
  return result.content.map(plainPart);
}

/** Turns one block of content into a string or a dictionary; the bytes of pictures and blobs are base64. */
export function plainPart(part: ContentBlock): unknown {
  switch (part.type) {
    case "text":
      return part.text;
    case "image":
    case "audio":
      return { type: part.type, mime_type: part.mimeType, base64: part.data };
    case "resource":
      return plainResource(part.resource);
    case "resource_link":
      return { type: "link", uri: part.uri, name: part.name, mime_type: part.mimeType ?? null };
  }
}

/** What `resources/read` returns for one resource. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string | undefined;
  readonly text?: string | undefined;
  readonly blob?: string | undefined;
}

/** Turns a resource into its text, or into a dictionary with its bytes in base64. */
export function plainResource(resource: ResourceContents): unknown {
  if (typeof resource.text === "string") return resource.text;
  return {
    type: "blob",
    uri: resource.uri,
    mime_type: resource.mimeType ?? null,
    base64: resource.blob ?? "",
  };
}

function joinText(content: readonly ContentBlock[]): string {
  return content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}
