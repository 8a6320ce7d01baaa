const maxDepth = 64;
/** The key of an object that stands for what JSON can't say; see `read_result` of the kernel. */
const tag = "$codeact";

/** A result on its way to the code: JSON, and whether parts of it stand for what JSON can't say. */
export interface EncodedResult {
  readonly json: string;
  readonly tagged: boolean;
}

/**
 * Encodes what a function of the host returned. Besides JSON there are: bytes (`Uint8Array`), bigints, NaN and
 * infinities, which stay what they are; `Map` and `Set`, which become dict and list; `undefined`, which becomes None;
 * what has `toJSON`, such as a `Date`. Throws a sentence for functions, symbols, and data nested too deeply.
 */
export function encodeResult(value: unknown): EncodedResult {
  let tagged = false;

  function stand(kind: string, content: unknown): object {
    tagged = true;
    return { [tag]: kind, value: content };
  }

  function plain(item: unknown, depth: number): unknown {
    if (depth > maxDepth) throw new TypeError(`its result is deeper than ${maxDepth} levels`);
    switch (typeof item) {
      case "string":
      case "boolean":
        return item;
      case "undefined":
        return null;
      case "number":
        return Number.isFinite(item) ? item : stand("float", String(item));
      case "bigint":
        return stand("int", String(item));
      case "function":
      case "symbol":
        throw new TypeError(`its result holds a ${typeof item}, which is no data`);
      case "object":
        return item === null ? null : object(item, depth);
    }
  }

  function object(item: object, depth: number): unknown {
    if (item instanceof Uint8Array) return stand("bytes", Buffer.from(item).toString("base64"));
    if (Array.isArray(item) || item instanceof Set) {
      return Array.from(item, (element) => plain(element, depth + 1));
    }
    if ("toJSON" in item && typeof item.toJSON === "function") {
      return plain(item.toJSON(), depth + 1);
    }
    const entries = item instanceof Map ? [...item] : Object.entries(item);
    // Without a prototype: a key may have any name.
    const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [key, element] of entries) copy[String(key)] = plain(element, depth + 1);
    return tag in copy ? stand("dict", copy) : copy;
  }

  const json = JSON.stringify(plain(value, 0));
  return { json, tagged };
}

/** Says what is wrong with data that came from the guest: too deep, or with a key that could reach a prototype. */
export function findFault(value: unknown, deepest = maxDepth): string | undefined {
  const open: [unknown, number][] = [[value, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [item, depth] = next;
    if (typeof item !== "object" || item === null) continue;
    if (depth > deepest) return `nested deeper than ${deepest} levels`;
    if (Object.hasOwn(item, "__proto__")) return "a key named __proto__ is not allowed";
    for (const element of Object.values(item)) {
      if (typeof element === "object") open.push([element, depth + 1]);
    }
  }
  return undefined;
}
