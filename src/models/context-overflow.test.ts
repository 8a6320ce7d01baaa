import { describe, expect, it } from "vitest";
import { isContextOverflow, isSharedContextFull } from "./context-overflow.ts";

describe("isContextOverflow", () => {
  it.each([
    // llama.cpp
    "request (4104 tokens) exceeds the available context size (2048 tokens), try increasing it",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "input (4104 tokens) is larger than the max context size (2048 tokens). skipping",
    "Input prompt is too big compared to KV size. Please try increasing KV size.",
    "Requested tokens (1900) exceed context window of 512",
    // Ollama
    "the input length exceeds the context length",
    "prompt too long; exceeded max context length by 4 tokens",
    "unable to shift context - keep exceeds context (keep: 4100 context: 4096)",
    // LM Studio
    "Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input",
    "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input.",
    "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)",
    "Reached context length of 4096 tokens with model (arch: qwen2) that does not currently support mid-generation context overflow.",
    // vLLM
    "This model's maximum context length is 2048 tokens. However, you requested 512 output tokens and your prompt contains at least 1537 input tokens, for a total of at least 2049 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
    "'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is 2048 tokens and your request has 1700 input tokens (512 > 2048 - 1700).",
    "max_tokens must be at least 1, got -186.",
    "The decoder prompt (length 9254) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.",
    // SGLang
    "The input (61709 tokens) is longer than the model's context length (40960 tokens).",
    "Input length (5120 tokens) exceeds the maximum allowed length (4090 tokens). Use a shorter input or enable --allow-auto-truncate.",
    // Text Generation Inference
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`",
    "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000",
    // Hosted
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "prompt is too long: 213462 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again",
    "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "Prompt contains 33000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "Please reduce the length of the messages or completion.",
    "Your request exceeded model token limit: 262144 (requested: 300000)",
    "Input is too long for requested model.",
  ])("holds for: %s", (said) => {
    expect(isContextOverflow({ said })).toBe(true);
  });

  it.each(["context_length_exceeded null", "400 exceed_context_size_error"])(
    "holds for what is named %s, whatever was said",
    (kind) => {
      expect(isContextOverflow({ said: "No.", kind })).toBe(true);
    },
  );

  it.each([
    "upstream request took too long",
    "prompt processing took too long",
    "max_tokens is too large: 8192. This model supports at most 4096 completion tokens",
    "Loading model",
    "model 'qwen3' not found",
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "Failed to parse tool call arguments as JSON",
  ])("does not hold for: %s", (said) => {
    expect(isContextOverflow({ said, kind: "400 invalid_request_error" })).toBe(false);
  });
});

describe("isSharedContextFull", () => {
  it("holds for what llama.cpp says to all conversations at once, not for one that is too long", () => {
    expect(isSharedContextFull({ said: "Context size has been exceeded." })).toBe(true);
    expect(
      isSharedContextFull({
        said: "request (4104 tokens) exceeds the available context size (2048 tokens), try increasing it",
      }),
    ).toBe(false);
  });
});
