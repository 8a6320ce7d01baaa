/** What a service said of a failure, and what it calls it. */
export interface SaidFailure {
  readonly said: string;
  /** Such as `context_length_exceeded`. */
  readonly kind?: string;
}

const kinds =
  /context_length_exceeded|exceed_context_size|context_window_exceeded|prompt_too_long/i;

/** Each in the words of a service: of a model's context that is too small for a conversation. */
const sentences: readonly RegExp[] = [
  // OpenAI, Ollama, LM Studio, llama.cpp, SGLang, most others
  /context.{0,3}(length|window|size|limit)/i,
  // LM Studio
  /\bn_ctx\b/i,
  // llama.cpp, older
  /too big compared to KV size/i,
  // Ollama
  /keep exceeds context/i,
  // vLLM, before and while it reads the prompt
  /max_tokens must be at least 1, got -/i,
  /maximum (model|prompt|allowed) length/i,
  // Google
  /maximum.{0,20}tokens/i,
  // Text Generation Inference, Together
  /inputs?\W.{0,40}must (be <=|have less than) \d+/i,
  // Groq
  /reduce the length of the (messages|prompt|input)/i,
  // Kimi
  /model token limit/i,
  // Anthropic, Mistral, Bedrock
  /(prompt|inputs?|messages|conversation)\b.{0,20}(?<!took )\btoo (long|large)/i,
  /too many tokens/i,
];

/** Tells whether a conversation is longer than the model can read. */
export function isContextOverflow({ said, kind = "" }: SaidFailure): boolean {
  return kinds.test(kind) || sentences.some((sentence) => sentence.test(said));
}

/**
 * Tells whether all conversations that a server has at once are too much for the context that they share, which says
 * nothing of this one: llama.cpp then ends all of them. One alone that is too long it names otherwise.
 */
export function isSharedContextFull({ said }: SaidFailure): boolean {
  return /^context size has been exceeded\.?$/i.test(said.trim());
}
