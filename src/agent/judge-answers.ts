import { truncateMiddle } from "../formats/truncate.ts";
import { textMessage } from "../models/model.ts";
import type { Model, Usage } from "../models/model.ts";

const instructions =
  "You compare answers to a task. Choose the one that is most likely right and complete; style does not matter. Give your reason in one or two sentences, then end with a line such as:\nBest: 2";

const answerCharacters = 6000;

/** Asks a model which answer is best; `best` is its place, undefined when the model does not say. Never rejects. */
export async function judgeAnswers(
  judge: Model,
  task: string,
  answers: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly best?: number; readonly usage: Usage }> {
  const listed = answers.map(
    (answer, index) => `Answer ${index + 1}:\n${truncateMiddle(answer, answerCharacters)}`,
  );
  const question = [`The task:\n${truncateMiddle(task, answerCharacters)}`, ...listed].join("\n\n");
  let text = "";
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  try {
    const stream = judge.stream({
      messages: [textMessage("system", instructions), textMessage("user", question)],
      temperature: 0,
      ...(signal && { signal }),
    });
    for await (const event of stream) {
      if (event.type === "text-delta") text += event.text;
      if (event.type === "usage") ({ usage } = event);
    }
  } catch {
    return { usage };
  }
  const number = Number(
    [...text.matchAll(/best\W*(?:(?:answer|is)\W*){0,3}(\d+)/gi)].at(-1)?.[1] ?? text.trim(),
  );
  const isPlace = Number.isInteger(number) && number >= 1 && number <= answers.length;
  return { usage, ...(isPlace && { best: number - 1 }) };
}
