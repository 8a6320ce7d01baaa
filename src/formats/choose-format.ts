import type { ModelCapabilities } from "../models/model.ts";
import type { CallFormatOptions } from "./call-format.ts";
import { createCodeFormat } from "./code-format.ts";
import type { ActionFormat } from "./format.ts";
import { createJsonFormat } from "./json-format.ts";
import { createTextFormat } from "./text-format.ts";

/** The names of the formats, as people choose them. */
export const formatNames = ["code", "tool-call", "json", "text"] as const;

export type FormatChoice = (typeof formatNames)[number];

/** Creates the format of this name with its defaults; `options` are those of formats of calls. */
export function createFormat(name: FormatChoice, options?: CallFormatOptions): ActionFormat {
  switch (name) {
    case "code":
      return createCodeFormat();
    case "tool-call":
      return createCodeFormat({ actions: "tool-call" });
    case "json":
      return createJsonFormat(options);
    case "text":
      return createTextFormat(options);
  }
}

/** The format that suits a model best: code, in tool calls where it takes them, else in text. */
export function defaultFormat({ toolCalls }: ModelCapabilities): ActionFormat {
  return createFormat(toolCalls === true ? "tool-call" : "code");
}
