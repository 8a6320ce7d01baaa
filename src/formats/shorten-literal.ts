/**
 * Shortens text that is one JSON value or one Python literal of containers, by leaving out items and the ends of
 * strings: brackets and quotes stay closed, and JSON stays JSON. Returns undefined for any other text.
 * The result may pass `maxCharacters` by a few marks when that is very small.
 */
export function shortenLiteral(text: string, maxCharacters: number): string | undefined {
  const trimmed = text.trim();
  if (!/^[[{(]/.test(trimmed)) return undefined;
  const container = readContainer(trimmed, 0, 0);
  if (container === undefined || container.end !== trimmed.length) return undefined;
  const quote = isJson(trimmed) ? '"' : "'";
  return shorten(trimmed, container, Math.max(maxCharacters, 60), quote);
}

/** A pair of brackets and what is between its commas. */
interface Container {
  readonly start: number;
  /** Behind the closing bracket. */
  readonly end: number;
  readonly items: readonly Item[];
}

interface Item {
  readonly start: number;
  readonly end: number;
  /** Where the value starts, behind the key of a dict's item. */
  readonly valueStart: number;
  /** The container that the value consists of, or ends with. */
  readonly child?: Container;
}

const closers: Readonly<Record<string, string>> = { "[": "]", "{": "}", "(": ")" };
const maxDepth = 100;

function readContainer(text: string, start: number, depth: number): Container | undefined {
  const close = closers[text[start]!];
  if (close === undefined || depth > maxDepth) return undefined;
  const items: Item[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== close) {
    const item = readItem(text, at, close, depth);
    if (item === undefined) return undefined;
    items.push(item);
    at = skipSpace(text, item.end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
    else if (text[at] !== close) return undefined;
  }
  return { start, end: at + 1, items };
}

function readItem(text: string, start: number, close: string, depth: number): Item | undefined {
  let valueStart = start;
  let child: Container | undefined;
  let at = start;
  for (; at < text.length && text[at] !== "," && text[at] !== close;) {
    const char = text[at]!;
    if (char === '"' || char === "'") {
      const end = stringEnd(text, at);
      if (end === undefined) return undefined;
      at = end;
    } else if (char in closers) {
      child = readContainer(text, at, depth + 1);
      if (child === undefined) return undefined;
      at = child.end;
    } else if (char === "]" || char === "}" || char === ")") {
      return undefined;
    } else {
      at += 1;
      if (char === ":" && close === "}" && valueStart === start) {
        valueStart = skipSpace(text, at);
        child = undefined;
      }
    }
  }
  if (at >= text.length) return undefined;
  const end = start + text.slice(start, at).trimEnd().length;
  return { start, end, valueStart, ...(child && { child }) };
}

function skipSpace(text: string, at: number): number {
  let index = at;
  while (/\s/.test(text[index] ?? "x")) index += 1;
  return index;
}

function stringEnd(text: string, start: number): number | undefined {
  const quote = text[start]!;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote) return at + 1;
    else if (text[at] === "\n") return undefined;
  }
  return undefined;
}

/** Each item of a container gets at least this much, or some are left out. */
const leastCharacters = 80;
const markCharacters = 32;

function shorten(text: string, container: Container, max: number, quote: string): string {
  const { start, end, items } = container;
  if (end - start <= max) return text.slice(start, end);
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) return text.slice(start, end);
  const open = text.slice(start, first.start);
  const close = text.slice(last.end, end).replace(/^,/, "");
  const separator = items[1] === undefined ? ", " : text.slice(first.end, items[1].start);
  const room = Math.max(max - open.length - close.length, 0);
  const least = Math.min(leastCharacters, Math.floor(max / 2));
  const lengths = items.map((item) => item.end - item.start);
  const leastOfAll = lengths.reduce((sum, length) => sum + Math.min(length, least), 0);

  if (leastOfAll + separator.length * items.length <= room) {
    const shares = share(lengths, room - separator.length * (items.length - 1));
    const shown = items.map((item, index) => shortenItem(text, item, shares[index]!, quote));
    return `${open}${shown.join(separator)}${close}`;
  }
  const most = Math.max(least, Math.floor(room * 0.3));
  const cost = (item: Item) => Math.min(item.end - item.start, most) + separator.length;
  const head = countFitting(items, cost, (room - markCharacters) * 0.7);
  const tail = countFitting(items.slice(head).toReversed(), cost, (room - markCharacters) * 0.3);
  const left = items.length - head - tail;
  const show = (item: Item) => shortenItem(text, item, most, quote);
  const shown = [
    ...items.slice(0, head).map(show),
    ...(left > 0 ? [mark(left, first.valueStart !== first.start, quote)] : []),
    ...items.slice(items.length - tail).map(show),
  ];
  return `${open}${shown.join(separator)}${close}`;
}

function countFitting(items: readonly Item[], cost: (item: Item) => number, room: number): number {
  let used = 0;
  let count = 0;
  for (const item of items) {
    used += cost(item);
    if (used > room) break;
    count += 1;
  }
  return count;
}

function mark(left: number, isDict: boolean, quote: string): string {
  const amount = `${left} more ${left === 1 ? "item" : "items"}`;
  return isDict
    ? `${quote}...${quote}: ${quote}${amount}${quote}`
    : `${quote}... ${amount}${quote}`;
}

function shortenItem(text: string, item: Item, max: number, quote: string): string {
  const whole = text.slice(item.start, item.end);
  if (whole.length <= max) return whole;
  const { child } = item;
  if (child !== undefined) {
    const before = text.slice(item.start, child.start);
    const after = text.slice(child.end, item.end);
    return `${before}${shorten(text, child, Math.max(max - before.length - after.length, 40), quote)}${after}`;
  }
  const key = text.slice(item.start, item.valueStart);
  const value = text.slice(item.valueStart, item.end);
  return `${key}${shortenLeaf(value, Math.max(max - key.length, 40))}`;
}

/** Cuts a string behind a whole character and closes it; another long leaf, such as a number, stays. */
function shortenLeaf(value: string, max: number): string {
  const quote = value.at(-1);
  if (value.length <= max || (quote !== '"' && quote !== "'")) return value;
  const kept = value
    .slice(0, Math.max(max - 34, 4))
    .replace(/\\(u[0-9a-fA-F]{0,3}|x[0-9a-fA-F]?|U[0-9a-fA-F]{0,7})?$/, "")
    .replace(/[\ud800-\udbff]$/, "");
  return `${kept}... (${value.length - 1 - kept.length} characters left out)${quote}`;
}

/** Divides `total` among lengths: short ones stay whole, long ones get equal parts of what is left. */
export function share(lengths: readonly number[], total: number): readonly number[] {
  const shares = lengths.map(() => 0);
  let left = total;
  const order = lengths.map((_, index) => index).sort((a, b) => lengths[a]! - lengths[b]!);
  order.forEach((index, done) => {
    const length = Math.min(lengths[index]!, Math.floor(left / (order.length - done)));
    shares[index] = length;
    left -= length;
  });
  return shares;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
