import type {
  ContentPart,
  ImagePart,
  Message,
  MessagePart,
  TextPart,
  ToolCallPart,
} from "../models/model.ts";

/** What a person asks for: words and, optionally, pictures. */
export interface Task {
  readonly text: string;
  readonly images?: readonly ImagePart[];
}

/** What the model reads after a reply that was cut short before its code ran. */
export const interruptedReplyNotice =
  "The user interrupted this reply. If there was code in it, it was not run.";

/** What the model reads after a reply that was cut short because its time was over. */
export const lateReplyNotice =
  "The time was over before this reply had ended. If there was code in it, it was not run.";

/** What the model reads after a fault of the model's service cut its reply. */
export const failedReplyNotice =
  "This reply was cut off by a technical fault. If there was code in it, it was not run.";

/** What the model reads when its interpreter had to be replaced. */
export const lostSessionNotice =
  "The Python interpreter was lost: its variables and files are gone. The next code runs in a fresh one.";

/** What the model reads when a run goes on that had come to an end with its own words. */
export const resumedNotice = "Go on with the task.";

/** Reason given to the model for a reply that reached the limit of its length. */
export const cutReplyReason =
  "Your reply reached the limit of its length and was cut off, so nothing of it was run. Write a shorter one.";

/** Reason given to the model for a reply without any text. */
export const emptyReplyReason = "Your reply was empty. Run code or give your answer.";

/** Makes a part of plain text. */
export function textPart(text: string): TextPart {
  return { type: "text", text };
}

/** Turns a task into content; for a model that sees no pictures they become a sentence. */
export function taskContent(task: Task, seesImages: boolean): readonly ContentPart[] {
  const images = (task.images ?? []).map((image) =>
    seesImages
      ? image
      : textPart(`[A picture (${image.mediaType}) came with the task, which you cannot see.]`),
  );
  return [textPart(task.text), ...images];
}

/**
 * Adds what the user side says. It joins a user message that is already last, because many models
 * accept only alternating roles. After a tool call it is what came of the call.
 */
export function appendUser(messages: Message[], content: readonly ContentPart[]): void {
  const last = messages.at(-1);
  if (last?.role === "user") {
    messages[messages.length - 1] = {
      role: "user",
      content: joinText([...last.content, ...content]),
    };
    return;
  }
  const call = last?.content.find((part) => part.type === "tool-call");
  const joined = joinText(content);
  messages.push({
    role: "user",
    content: call ? [{ type: "tool-result", callId: call.id, content: joined }] : joined,
  });
}

/**
 * Adds what the model said, its tool call last. A blank reply without a call leaves no message, because
 * many models refuse one. Returns the message. A call whose id is missing or was there before gets one of its own.
 */
export function appendAssistant(
  messages: Message[],
  text: string,
  toolCall?: ToolCallPart,
): Message | undefined {
  const content: MessagePart[] = text.trim() === "" ? [] : [textPart(text)];
  if (toolCall !== undefined) content.push({ ...toolCall, id: uniqueCallId(messages, toolCall) });
  if (content.length === 0) return undefined;
  const message: Message = { role: "assistant", content };
  messages.push(message);
  return message;
}

/** Some servers give no id, or the same one to each call; nine characters are what the strictest accept. */
function uniqueCallId(messages: readonly Message[], { id }: ToolCallPart): string {
  const used = new Set(
    messages.flatMap(({ content }) => content.map((part) => part.type === "tool-call" && part.id)),
  );
  if (id !== "" && !used.has(id)) return id;
  for (let count = used.size; ; count++) {
    const own = `call${String(count).padStart(5, "0")}`;
    if (!used.has(own)) return own;
  }
}

/** Joins neighbouring texts with an empty line, so that no adapter runs them together. */
function joinText<Part extends MessagePart>(
  parts: readonly (Part | TextPart)[],
): readonly (Part | TextPart)[] {
  const joined: (Part | TextPart)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type === "text" && last?.type === "text") {
      joined[joined.length - 1] = textPart(`${last.text.trimEnd()}\n\n${part.text}`);
    } else {
      joined.push(part);
    }
  }
  return joined;
}
