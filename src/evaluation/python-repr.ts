/** What Python's `repr()` makes of a text. */
export function pythonTextRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = Array.from(text, (char) => {
    if (char === "\\" || char === quote) return `\\${char}`;
    const named = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[char];
    if (named !== undefined) return named;
    return char !== " " && /[\p{C}\p{Z}]/u.test(char) ? escaped(char.codePointAt(0)!) : char;
  });
  return `${quote}${body.join("")}${quote}`;
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** What Python's `repr()` makes of a float. */
export function pythonFloatRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) return `${sign}inf`;
  const [, first = "0", rest = "", exponent = "0"] =
    /^(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(Math.abs(value).toExponential()) ?? [];
  const power = Number(exponent);
  const digits = first + rest;
  if (power < -4 || power >= 16) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${sign}${first}${rest === "" ? "" : `.${rest}`}e${power < 0 ? "-" : "+"}${size}`;
  }
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, "0");
  return `${sign}${whole}.${digits.slice(power + 1) || "0"}`;
}
