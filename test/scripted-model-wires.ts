import type { ScriptedReply } from "./scripted-openai-server.ts";

/** The events of one reply of Anthropic's Messages API. */
export function anthropicReply(
  blocks: readonly AnthropicBlock[],
  options: { readonly stopReason?: string; readonly usage?: object } = {},
): ScriptedReply {
  return {
    chunks: [
      anthropicStart(options.usage),
      { type: "ping" },
      ...blocks.flatMap(anthropicBlock),
      {
        type: "message_delta",
        delta: { stop_reason: options.stopReason ?? "end_turn", stop_sequence: null },
        usage: { output_tokens: 12 },
      },
      { type: "message_stop" },
    ],
    ending: "end",
  };
}

export type AnthropicBlock =
  | { readonly text: readonly string[] }
  | { readonly thinking: string }
  | { readonly id: string; readonly tool: string; readonly input: readonly string[] };

/** The event that begins a message. */
export function anthropicStart(usage: object = {}): object {
  return {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5",
      content: [],
      stop_reason: null,
      usage: { input_tokens: 20, output_tokens: 1, ...usage },
    },
  };
}

/** The events of one block of a message. */
export function anthropicBlock(block: AnthropicBlock, index: number): object[] {
  const delta = (value: object) => ({ type: "content_block_delta", index, delta: value });
  const start = (value: object) => ({ type: "content_block_start", index, content_block: value });
  const body =
    "text" in block
      ? [
          start({ type: "text", text: "" }),
          ...block.text.map((text) => delta({ type: "text_delta", text })),
        ]
      : "thinking" in block
        ? [
            start({ type: "thinking", thinking: "" }),
            delta({ type: "thinking_delta", thinking: block.thinking }),
            delta({ type: "signature_delta", signature: "sig" }),
          ]
        : [
            start({ type: "tool_use", id: block.id, name: block.tool, input: {} }),
            ...block.input.map((json) => delta({ type: "input_json_delta", partial_json: json })),
          ];
  return [...body, { type: "content_block_stop", index }];
}

/** One chunk of Google's `streamGenerateContent`. */
export function googleChunk(parts: readonly object[], rest: object = {}): object {
  return { candidates: [{ content: { role: "model", parts }, index: 0, ...rest }] };
}

/** The chunks of one reply of Google's `streamGenerateContent`. */
export function googleReply(parts: readonly object[], finishReason = "STOP"): ScriptedReply {
  return {
    chunks: [
      ...parts.map((part) => googleChunk([part])),
      {
        ...googleChunk([], { finishReason }),
        usageMetadata: {
          promptTokenCount: 30,
          candidatesTokenCount: 8,
          cachedContentTokenCount: 10,
          totalTokenCount: 38,
        },
      },
    ],
    ending: "end",
  };
}
