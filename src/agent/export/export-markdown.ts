import type { MimeBundle, Output } from "../../execution/outcome.ts";
import { stepsOf } from "../exchange.ts";
import { endingOf } from "./conversation.ts";
import type { ExportedConversation } from "./conversation.ts";

/** A conversation as Markdown, and the pictures that it shows. */
export interface MarkdownExport {
  readonly text: string;
  readonly pictures: readonly ExportedPicture[];
}

export interface ExportedPicture {
  /** Relative to the Markdown file. */
  readonly path: string;
  readonly data: Uint8Array;
}

const pictureTypes: readonly (readonly [mediaType: string, extension: string])[] = [
  ["image/png", "png"],
  ["image/jpeg", "jpg"],
  ["image/svg+xml", "svg"],
];

/** Writes a conversation as Markdown: code and output as fenced blocks, pictures as files below `pictureFolder`. */
export function exportMarkdown(
  conversation: ExportedConversation,
  pictureFolder: string,
): MarkdownExport {
  const { title, models, exchanges } = conversation;
  const pictures: ExportedPicture[] = [];
  const blocks = [`# ${title}`, `*Made with codeact; model: ${models.join(", ") || "none"}.*`];

  function show(bundle: MimeBundle): void {
    const type = pictureTypes.find(([mediaType]) => bundle[mediaType] !== undefined);
    if (type === undefined) {
      const text = bundle["text/plain"] ?? bundle["text/markdown"] ?? bundle["text/html"];
      if (text !== undefined) blocks.push(fenced(text, ""));
      return;
    }
    const [mediaType, extension] = type;
    const number = pictures.length + 1;
    const path = `${pictureFolder}/plot-${number}.${extension}`;
    const encoding = mediaType === "image/svg+xml" ? "utf8" : "base64";
    pictures.push({ path, data: Buffer.from(bundle[mediaType] ?? "", encoding) });
    blocks.push(`![plot ${number}](${encodeURI(path)})`);
  }

  function showOutputs(outputs: readonly Output[]): void {
    let printed = "";
    const flush = (): void => {
      if (printed !== "") blocks.push(fenced(printed, ""));
      printed = "";
    };
    for (const output of outputs) {
      if (output.type === "stream") printed += output.text;
      else if (output.type === "error") printed += `${output.error.traceback.trimEnd()}\n`;
      else {
        flush();
        show(output.data);
      }
    }
    flush();
  }

  for (const exchange of exchanges) {
    blocks.push("## You", exchange.task.trim(), "## codeact");
    for (const step of stepsOf(exchange)) {
      if (step.type === "prose") blocks.push(step.text);
      else {
        blocks.push(fenced(step.code, "python"));
        showOutputs(step.outputs);
        const ending = endingOf(step.outcome?.status);
        if (ending !== undefined) blocks.push(`*${ending.slice(1, -1)}*`);
      }
    }
  }
  return { text: `${blocks.join("\n\n")}\n`, pictures };
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n+$/, "")}\n${fence}`;
}
