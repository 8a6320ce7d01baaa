import { gzipSync } from "node:zlib";

/** Where the text of a play is: in which block, and in which place of it. */
export interface BlockPlace {
  readonly block: number;
  readonly place: number;
}

/** Compressed blocks of many texts, which a page unpacks one by one as they are read. */
export interface TextBlocks {
  /** Adds a text; undefined where there is no room any more. */
  add(text: string): BlockPlace | undefined;
  /** Each block is gzip in base64 of a JSON array of texts. */
  finish(): readonly string[];
}

const blockCharacters = 400_000;

/** Makes blocks of together at most `maxCharacters`, as far as the last block allows. */
export function createTextBlocks(maxCharacters: number): TextBlocks {
  const blocks: string[] = [];
  let texts: string[] = [];
  let open = 0;
  let closed = 0;
  const close = (): void => {
    if (texts.length === 0) return;
    // A fast level: plays of a run are so alike that a higher one saves little.
    const block = gzipSync(JSON.stringify(texts), { level: 3 }).toString("base64");
    closed += block.length;
    blocks.push(block);
    texts = [];
    open = 0;
  };
  return {
    add(text) {
      if (closed >= maxCharacters) return undefined;
      const at = { block: blocks.length, place: texts.length };
      texts.push(text);
      open += text.length;
      if (open >= blockCharacters) close();
      return at;
    },
    finish() {
      close();
      return blocks;
    },
  };
}
