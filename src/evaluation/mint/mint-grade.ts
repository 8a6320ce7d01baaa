import type { Grading } from "../benchmark.ts";

/**
 * Judges an answer to a question whose answer is a number or a phrase (math, gsm8k, hotpotqa). Two numbers match
 * within 5 % of the reference; otherwise the answer has to contain the reference. Source: MINT, `ReasoningTask`.
 *
 * `faithful` lacks the absolute value of the reference, as the paper's release did: a negative one is never met.
 */
export function gradeReasoning(reference: string, answer: string, grading: Grading): boolean {
  const wanted = reference.trim().toLowerCase();
  const given = answer.toLowerCase().trim();
  const close = areClose(wanted, given, grading);
  if (close !== undefined) return close;
  if (grading === "faithful") return given.includes(wanted);
  return gradePhrase(wanted, given);
}

/** Whether both are numbers within 5 %; undefined when one is none. */
function areClose(wanted: string, given: string, grading: Grading): boolean | undefined {
  const read = grading === "faithful" ? pythonFloat : numberWithUnits;
  const a = pythonFloat(wanted);
  const b = read(given);
  if (a === undefined || b === undefined) return undefined;
  return Math.abs(a - b) <= 0.05 * (grading === "faithful" ? a : Math.abs(a));
}

/** A number in an answer must not be part of a longer one, and a word not part of another. */
function gradePhrase(wanted: string, given: string): boolean {
  const escaped = wanted.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
  return new RegExp(`(?<![\\p{L}\\p{N}.-])${escaped}(?![\\p{L}\\p{N}]|\\.\\d)`, "u").test(given);
}

/** Reads what Python's `float()` reads. */
export function pythonFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^[+-]?nan$/i.test(trimmed)) return Number.NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(trimmed);
  if (infinite !== null) return infinite[1] === "-" ? -Infinity : Infinity;
  const digits = String.raw`\d+(?:_\d+)*`;
  const number = new RegExp(
    `^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?$`,
    "i",
  );
  return number.test(trimmed) ? Number(trimmed.replaceAll("_", "")) : undefined;
}

/** The same, with a dollar sign, thousands separators, a fraction and a unit or percent sign forgiven. */
function numberWithUnits(text: string): number | undefined {
  const plain = text
    .replaceAll("$", "")
    .replaceAll(/(?<=\d),(?=\d{3}\b)/g, "")
    .trim();
  const fraction = /^([+-]?\d+)\s*\/\s*(\d+)$/.exec(plain);
  if (fraction !== null) return Number(fraction[1]) / Number(fraction[2]);
  return pythonFloat(
    /^([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(?:%|[a-z°]+\.?)?$/i.exec(plain)?.[1] ?? plain,
  );
}

/**
 * Judges an answer to a multiple-choice question (mmlu): the letter, or the text of the right option without that
 * of a wrong one. Source: MINT, `MultipleChoiceTask`.
 *
 * `faithful` keeps three quirks of it. Of the letters only `a)` is recognised in an answer; any other answer is
 * searched for the right letter as a whole, where the `d` of any word will do. An option ends at its first `)`.
 * Wrong options inside the right one are passed over while the list of them changes, so every second survives.
 */
export function gradeMultipleChoice(
  reference: string,
  prompt: string,
  answer: string,
  grading: Grading,
): boolean {
  return grading === "faithful"
    ? gradeChoiceFaithfully(reference, prompt, answer)
    : gradeChoice(reference, prompt, answer);
}

function gradeChoiceFaithfully(reference: string, prompt: string, solution: string): boolean {
  const text = solution.toLowerCase().trim();
  const answer = text.includes("a)") || text.includes("a )") ? "a" : text;
  if (matches(reference, answer)) return true;
  const options = faithfulOptions(prompt);
  const right = options.get(reference);
  if (right === undefined) return false;
  const wrong = [...options.values()];
  for (let index = 0; index < wrong.length; index++) {
    const option = wrong[index]!;
    if (right.includes(option)) wrong.splice(wrong.indexOf(option), 1);
  }
  if (wrong.some((option) => matches(option, answer) || answer.includes(option))) return false;
  return matches(right, answer) || answer.includes(right);
}

function matches(reference: string, answer: string): boolean {
  if (/^\d+$/.test(reference) && /^\d+$/.test(answer)) {
    return Math.abs(Number(reference) - Number(answer)) <= 0.05 * Number(reference);
  }
  return answer.includes(reference);
}

function faithfulOptions(prompt: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const part of (prompt.split("Options: ").at(-1) ?? "").split(" , ")) {
    const [letter = "", content = ""] = part.replaceAll(/^[[\]' ]+|[[\]' ]+$/g, "").split(")");
    options.set(
      letter.toLowerCase().trim(),
      content
        .toLowerCase()
        .replaceAll(/^\.+|\.+$/g, "")
        .trim(),
    );
  }
  return options;
}

function gradeChoice(reference: string, prompt: string, solution: string): boolean {
  const text = solution.trim();
  const letter =
    /^\W*(?:(?:the\s+)?(?:correct\s+)?(?:answer|option|choice)\s*(?:is)?\s*:?\s*)?\(?([a-j])\b(?![’'])/i.exec(
      text,
    )?.[1] ?? /\b(?:answer|option|choice)\s*(?:is)?\s*:?\s*\(?([a-j])\b/i.exec(text)?.[1];
  if (letter !== undefined) return letter.toLowerCase() === reference;
  const options = wholeOptions(prompt);
  const said = normalised(text);
  const named = [...options].filter(
    ([, option]) => option !== "" && said.includes(normalised(option)),
  );
  // An option within another, such as "1" in "1 and 2", is the longer one that was named.
  const longest = Math.max(0, ...named.map(([, option]) => option.length));
  const best = named.filter(([, option]) => option.length === longest);
  return best.length === 1 && best[0]?.[0] === reference;
}

function wholeOptions(prompt: string): ReadonlyMap<string, string> {
  const list = prompt.split("Options: ").at(-1) ?? "";
  const parts = list.split(/(?:^|\s,\s)([A-J])\s\)\s/).slice(1);
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    options.set(parts[index]!.toLowerCase(), parts[index + 1]!.trim());
  }
  return options;
}

function normalised(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[\s$\\]+/g, "")
    .replaceAll(/^\.+|\.+$/g, "");
}
