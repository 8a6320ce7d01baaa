/**
 * Shortens `text` to about `maxCharacters` by leaving out its middle, at line boundaries where there are
 * any near. A marker tells how much is missing, and ends with `more`. It comes on top of `maxCharacters`.
 */
export function truncateMiddle(text: string, maxCharacters: number, more = ""): string {
  if (text.length <= maxCharacters) return text;
  const half = Math.max(Math.floor(maxCharacters / 2), 0);
  const headEnd = lineEndBefore(text, half);
  const tailStart = lineStartAfter(text, text.length - half);
  const omitted = text.slice(headEnd, tailStart);
  const lines = omitted.split("\n").length - 1;
  const amount =
    lines > 1 ? `${omitted.length} characters in ${lines} lines` : `${omitted.length} characters`;
  const head = text.slice(0, headEnd);
  const tail = text.slice(tailStart);
  const before = head === "" || head.endsWith("\n") ? "" : "\n";
  const after = tail === "" ? "" : "\n";
  return `${head}${before}[... ${amount} left out${more} ...]${after}${tail}`;
}

/** The end of the last whole line before `limit`, unless that would give up more than half of it. */
function lineEndBefore(text: string, limit: number): number {
  const newline = text.lastIndexOf("\n", limit - 1) + 1;
  return newline > limit / 2 ? newline : wholeCharacter(text, limit);
}

function lineStartAfter(text: string, limit: number): number {
  const newline = text.indexOf("\n", limit - 1) + 1;
  const kept = text.length - limit;
  return newline > 0 && text.length - newline > kept / 2 ? newline : wholeCharacter(text, limit);
}

/** Moves an index back that would cut a surrogate pair in two. */
function wholeCharacter(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff && index > 0 ? index - 1 : index;
}
