import { pythonLiteralText } from "../python-literal-text.ts";
import { parsePythonValue, pythonValuesEqual } from "../python-value.ts";
import type { PythonValue } from "../python-value.ts";

/** What a task expects, as the data set tells it. */
export interface M3Expected {
  /** The name of its Python type. */
  readonly type: string;
  /** `repr()` of it. */
  readonly repr: string;
  /** `str()` of it. */
  readonly text: string;
}

/**
 * Judges as the original really does: equal text, or both equal after `int`, else `float`, else `str`, where an expected
 * float is cut to a whole number on the way; or equal text once the answer is read as a Python literal, unless a list,
 * a tuple or a dict is expected.
 */
export function gradeFaithfully(answer: string, expected: M3Expected): boolean {
  if (answer === expected.text) return true;
  const wanted = convertExpected(expected);
  if (wanted === undefined) return false;
  return convert(answer) === wanted || pythonLiteralText(answer) === expected.text;
}

/** Python's `int(x)`, else `float(x)`, else `str(x)`; undefined where the first of them ends the original's comparison. */
function convertExpected({ type, text }: M3Expected): number | string | undefined {
  switch (type) {
    case "int":
      return Number(text);
    case "float":
      return Math.trunc(Number(text));
    case "bool":
      return text === "True" ? 1 : 0;
    case "str":
      return convert(text);
    default:
      return undefined;
  }
}

/** Python's `int(x)`, else `float(x)`, else `str(x)`, of text. */
function convert(text: string): number | string {
  const digits = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
  if (/^[+-]?\d+$/.test(digits)) return Number(digits);
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(digits)) return Number(digits);
  return text;
}

/**
 * Judges by value: numbers within half of the last decimal that the task asks for, `$` and thousands separators
 * accepted; lists, tuples and dicts item by item; text without quotes, whatever its case.
 */
export function gradeCorrectly(
  answer: string,
  expected: readonly M3Expected[],
  options: { readonly decimals?: number } = {},
): boolean {
  const isClose = closeness(options.decimals);
  return expected.some((one) => {
    const wanted = parsePythonValue(one.repr);
    if (wanted === undefined) return false;
    if (typeof wanted === "string") return sameText(answer, wanted);
    return readings(answer, wanted).some((read) => pythonValuesEqual(read, wanted, isClose));
  });
}

function closeness(decimals: number | undefined): (one: number, other: number) => boolean {
  return (one, other) => {
    const asked = decimals === undefined ? 0.005 : 0.5 * 10 ** -decimals;
    return Math.abs(one - other) <= asked + 1e-6 * Math.max(Math.abs(other), 1);
  };
}

/** The values that a model may have meant. */
function readings(answer: string, wanted: PythonValue): readonly PythonValue[] {
  const text = answer.trim().replace(/\.$/, "");
  if (typeof wanted === "number") {
    const number = text.replaceAll(/[$€£%\s]|,(?=\d{3}\b)/g, "");
    const value = parsePythonValue(number);
    return typeof value === "number" ? [value] : [];
  }
  if (typeof wanted === "boolean") {
    const value = parsePythonValue(unquoted(text).replace(/^[tf]/, (c) => c.toUpperCase()));
    return typeof value === "boolean" ? [value] : [];
  }
  // A list may be written without its brackets.
  return [text, `[${text}]`, text.replaceAll("$", "")].flatMap((attempt) => {
    const value = parsePythonValue(attempt);
    return value === undefined ? [] : [value];
  });
}

function sameText(answer: string, wanted: string): boolean {
  const plain = (text: string) => unquoted(text.trim().replace(/\.$/, "")).toLowerCase();
  return plain(answer) === plain(wanted);
}

function unquoted(text: string): string {
  return text.replace(/^(["'`])(.*)\1$/s, "$2").trim();
}
