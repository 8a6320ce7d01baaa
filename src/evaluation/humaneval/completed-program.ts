import type { Grading } from "../benchmark.ts";

/**
 * Puts a prompt and its completion together. `faithful`: one after the other, as the original harness does, which
 * suits models that only continue text. `corrected`: a fenced block is unwrapped, and a completion that holds the
 * whole function stands for itself, since chat models write those.
 */
export function completedProgram(
  task: { readonly prompt: string; readonly entry_point: string },
  completion: string,
  grading: Grading,
): string {
  if (grading === "faithful") return task.prompt + completion;
  const fenced = /```(?:\w*)\n([\s\S]*?)(?:\n```|$)/.exec(completion)?.[1] ?? completion;
  const whole = new RegExp(`^def ${task.entry_point}\\b`, "m").test(fenced);
  if (!whole) return task.prompt + indented(fenced);
  // Imports and helpers of the prompt may be needed by the rewritten function.
  const before = task.prompt.slice(0, task.prompt.lastIndexOf(`def ${task.entry_point}`));
  return `${before}\n${fenced}`;
}

/** A body whose first line lost its indentation gets it back. */
function indented(body: string): string {
  const first = body.split("\n").find((line) => line.trim() !== "") ?? "";
  if (first === "" || /^[ \t]/.test(first)) return body;
  const lines = body.replace(/^\n+/, "").split("\n");
  const rest = lines.slice(1).filter((line) => line.trim() !== "");
  // Only the first line was cut short when the others are indented already.
  const isOnlyFirst = rest.length > 0 && rest.every((line) => /^[ \t]/.test(line));
  return lines
    .map((line, index) => (index === 0 || !isOnlyFirst ? `    ${line}` : line))
    .join("\n");
}
