// CSI and OSC sequences, and the other two-character escapes.
const escapeSequence =
  // oxlint-disable-next-line no-control-regex -- Escape sequences are made of control characters.
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

/**
 * Turns what a program wrote to a terminal into the text that stays on the screen: colours and other
 * escape sequences go, and a line that was drawn over with carriage returns keeps its last state.
 */
export function terminalText(text: string): string {
  const plain = text.replace(escapeSequence, "").replaceAll("\r\n", "\n");
  if (!plain.includes("\r") && !plain.includes("\b")) return plain;
  return plain
    .split("\n")
    .map((line) => lastDrawn(line))
    .join("\n");
}

function lastDrawn(line: string): string {
  const shown = line.split("\r").findLast((state) => state !== "") ?? "";
  let text = "";
  for (const char of shown) text = char === "\b" ? text.slice(0, -1) : text + char;
  return text;
}
