import { writeFile } from "node:fs/promises";

const width = 32;
const feedForward = 64;
const layers = 1;
const contextTokens = 512;

const chatML =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

const llama3 =
  "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

export const chatTemplates = { chatML, llama3 };

/**
 * Writes a model of llama's architecture in the GGUF format, with random weights: it loads and talks nonsense.
 * The same seed gives the same file. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function writeTinyGguf(
  path: string,
  { template, seed = 1 }: { readonly template?: string; readonly seed?: number } = {},
): Promise<void> {
  const tokens = vocabulary();
  const random = generator(seed);
  const tensors = tensorShapes(tokens.length).map(([name, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const isNorm = name.includes("norm");
    const values = Float32Array.from({ length: size }, () => (isNorm ? 1 : (random() - 0.5) * 0.5));
    return { name, shape, data: Buffer.from(values.buffer) };
  });

  const entries: Buffer[] = [
    stringEntry("general.architecture", "llama"),
    stringEntry("general.name", "tiny"),
    numberEntry("llama.context_length", contextTokens),
    numberEntry("llama.embedding_length", width),
    numberEntry("llama.block_count", layers),
    numberEntry("llama.feed_forward_length", feedForward),
    numberEntry("llama.attention.head_count", 2),
    numberEntry("llama.attention.head_count_kv", 2),
    numberEntry("llama.rope.dimension_count", width / 2),
    entry("llama.attention.layer_norm_rms_epsilon", 6, float(1e-5)),
    stringEntry("tokenizer.ggml.model", "llama"),
    listEntry(
      "tokenizer.ggml.tokens",
      8,
      tokens.map(({ text }) => string(text)),
    ),
    listEntry(
      "tokenizer.ggml.scores",
      6,
      tokens.map(({ score }) => float(score)),
    ),
    listEntry(
      "tokenizer.ggml.token_type",
      5,
      tokens.map(({ type }) => uint32(type)),
    ),
    numberEntry("tokenizer.ggml.bos_token_id", 1),
    numberEntry("tokenizer.ggml.eos_token_id", 2),
    ...(template === undefined ? [] : [stringEntry("tokenizer.chat_template", template)]),
  ];
  let offset = 0;
  const infos = tensors.map(({ name, shape, data }) => {
    const info = Buffer.concat([
      string(name),
      uint32(shape.length),
      ...shape.map((length) => uint64(length)),
      uint32(0),
      uint64(offset),
    ]);
    offset += aligned(data.length);
    return info;
  });
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    uint32(3),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries,
    ...infos,
  ]);
  await writeFile(path, Buffer.concat([padded(head), ...tensors.map(({ data }) => padded(data))]));
}

/** Unknown, begin, end, the marks of templates, all bytes, and the printable characters of ASCII. */
function vocabulary() {
  const special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|start_header_id|>"];
  const marks = [...special, "<|end_header_id|>", "<|eot_id|>"];
  const hex = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  return [
    { text: "<unk>", score: 0, type: 2 },
    ...marks.map((text) => ({ text, score: 0, type: 3 })),
    ...Array.from({ length: 256 }, (_, byte) => ({ text: hex(byte), score: 0, type: 6 })),
    ...["\u2581", ...printable].map((text, index) => ({ text, score: -index, type: 1 })),
  ];
}

function tensorShapes(words: number): readonly (readonly [string, readonly number[]])[] {
  const block = (index: number) =>
    [
      [`blk.${index}.attn_norm.weight`, [width]],
      [`blk.${index}.attn_q.weight`, [width, width]],
      [`blk.${index}.attn_k.weight`, [width, width]],
      [`blk.${index}.attn_v.weight`, [width, width]],
      [`blk.${index}.attn_output.weight`, [width, width]],
      [`blk.${index}.ffn_norm.weight`, [width]],
      [`blk.${index}.ffn_gate.weight`, [width, feedForward]],
      [`blk.${index}.ffn_up.weight`, [width, feedForward]],
      [`blk.${index}.ffn_down.weight`, [feedForward, width]],
    ] as const;
  return [
    ["token_embd.weight", [width, words]],
    ...Array.from({ length: layers }, (_, index) => block(index)).flat(),
    ["output_norm.weight", [width]],
    ["output.weight", [width, words]],
  ];
}

/** Numerical Recipes' linear congruential generator; from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function stringEntry(key: string, value: string): Buffer {
  return entry(key, 8, string(value));
}

function numberEntry(key: string, value: number): Buffer {
  return entry(key, 4, uint32(value));
}

function listEntry(key: string, type: number, items: readonly Buffer[]): Buffer {
  return entry(key, 9, Buffer.concat([uint32(type), uint64(items.length), ...items]));
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([string(key), uint32(type), value]);
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / 32) * 32;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}
