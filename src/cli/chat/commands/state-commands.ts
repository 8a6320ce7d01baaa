import type { Variable } from "../../../execution/session.ts";
import { safeTerminalText, styled } from "../../terminal/terminal-text.ts";
import { count, formatBytes, formatTokens, formatUsd } from "../chat-view.ts";
import type { ChatCommand } from "../chat-shell.ts";

/** `/vars`: shows the variables. */
export const varsCommand: ChatCommand = {
  name: "vars",
  summary: "list the session's variables",
  async run({ chat, view }) {
    const variables = (await chat.session.variables?.()) ?? [];
    if (variables.length === 0) return view.note("No variables.");
    const { stream } = view;
    const rows = variables.map((each) => [each.name, each.type, sizeOf(each)] as const);
    const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
    for (const [at, row] of rows.entries()) {
      const [name = "", type = "", size = ""] = row.map((text, column) =>
        safeTerminalText(text).padEnd(widths[column] ?? 0),
      );
      const room = (stream.columns ?? 100) - [...`${name}  ${type}  ${size}  `].length - 1;
      const preview = safeTerminalText(variables[at]?.preview ?? "").replaceAll(/\s+/g, " ");
      const short = preview.length > room ? `${preview.slice(0, Math.max(0, room - 1))}…` : preview;
      stream.write(
        `${styled("bold", name, stream)}  ${styled("cyan", type, stream)}  ${size}  ${styled("dim", short, stream)}\n`,
      );
    }
  },
};

function sizeOf({ shape, length, sizeBytes }: Variable): string {
  if (shape !== undefined && shape.length > 0) return shape.join(" × ");
  if (length !== undefined) return `len ${length}`;
  return sizeBytes === undefined || sizeBytes < 1000 ? "" : formatBytes(sizeBytes);
}

/** `/cost`: shows what the conversation took so far. */
export const costCommand: ChatCommand = {
  name: "cost",
  summary: "show the tokens and the money that the conversation took",
  async run({ chat, view }) {
    const { spending } = chat.state;
    if (spending.length === 0) return view.note("Nothing yet.");
    for (const each of spending) {
      const cost = each.costUsd === undefined ? "price unknown" : formatUsd(each.costUsd);
      view.stream.write(
        `${each.modelId}  ${count(each.turns, "turn")}  ${formatTokens(each)}  ${cost}\n`,
      );
    }
    view.note("Prompt + reply. Messages that were taken back are counted.");
  },
};

/** `/model`: shows or changes the model. */
export const modelCommand: ChatCommand = {
  name: "model",
  argument: "[spec]",
  summary: "show the models, or go on with another one",
  async run(shell, argument) {
    const { chat, view } = shell;
    if (argument !== "") {
      const chosen = await shell.resolveModel(argument);
      chat.useModel(chosen);
      return view.note(`${chosen.model.id} goes on with the conversation.`);
    }
    view.stream.write(`${chat.model.id}\n`);
    const models = await shell.models();
    if (models.length > 0) view.note(`To be had: ${models.join(", ")}. Change with /model NAME.`);
    else view.note("Change with /model NAME, such as openai/gpt-5-mini or ollama/qwen3:8b.");
  },
  async complete(shell, argument) {
    return (await shell.models()).filter((spec) => spec.startsWith(argument));
  },
};
