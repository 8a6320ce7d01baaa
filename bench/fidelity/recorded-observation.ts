/** What the recording's interpreter answered to one cell. */
export interface RecordedObservation {
  /** As shown to the model, without the sentences about the steps that are left. */
  readonly text: string;
  /** Whether the recording was cut at its 2,000 characters. */
  readonly truncated: boolean;
  /** The exceptions that the text shows, a chain in its order; empty where nothing was raised. */
  readonly errors: readonly string[];
  /** Whether the recording's own limit of 30 seconds ended the cell. */
  readonly timedOut: boolean;
}

const frame =
  /^Observation:\n([\s\S]*)\nYou have \d+ steps left and \d+ chances to propose solution left\.\n/;
const cut = /\.\.\.\n\[Output Truncated\]\s*$/;

/** Reads the message that followed a cell; undefined where it is not an observation. */
export function readObservation(message: string): RecordedObservation | undefined {
  const body = frame.exec(message)?.[1];
  if (body === undefined) return undefined;
  const text = withoutColours(body);
  const truncated = cut.test(text);
  const errors = tracebackErrors(text);
  return {
    text: truncated ? text.replace(cut, "") : text,
    truncated,
    errors,
    timedOut: errors.includes("TimeoutError") && (truncated || /Timed out after \d+/.test(text)),
  };
}

/**
 * Reads the types of the exceptions off IPython's tracebacks: each exception of a chain has a headline
 * with its type; a syntax error of the cell itself has none, only its last line.
 */
export function tracebackErrors(text: string): readonly string[] {
  const headlines = [...text.matchAll(/^([\w.]+) {2,}Traceback \(most recent call last\)/gm)];
  const types = headlines.map((match) => shortName(match[1] ?? ""));
  const syntax =
    /^ *(?:Cell In\[\d+\]|File .*?), line \d+\b[\s\S]*^((?:Syntax|Indentation|Tab)Error): /m.exec(
      text,
    );
  if (syntax !== null && !types.includes(syntax[1] ?? "")) types.push(syntax[1] ?? "");
  return types;
}

function withoutColours(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the recording kept some of the terminal's colours
  return text.replaceAll(/\u001b\[[\d;]*m/g, "");
}

function shortName(type: string): string {
  return type.slice(type.lastIndexOf(".") + 1);
}
