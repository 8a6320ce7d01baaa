import type { Command } from "commander";

/** What can stand on the command line of one command. */
export interface CommandWords {
  /** The names that lead to it, without the program's own, such as `["completion", "bash"]`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CommandWords[];
  readonly options: readonly OptionWords[];
  /** Values of its first argument, where they are known. */
  readonly choices: readonly string[];
  readonly takesFiles: boolean;
}

export interface OptionWords {
  /** Such as `["-V", "--version"]`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: "none" | "choices" | "file" | "any";
  readonly choices: readonly string[];
}

/** Reads the words out of a program, so that shells complete what it really takes. */
export function commandWords(command: Command, path: readonly string[] = []): CommandWords {
  const help = command.createHelp();
  const args = command.registeredArguments;
  return {
    path,
    description: oneLine(command.description()),
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== "help")
      .map((child) => commandWords(child, [...path, child.name()])),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
      description: oneLine(option.description),
      value: valueOf(option),
      choices: option.argChoices ?? [],
    })),
    choices: args[0]?.argChoices ?? [],
    takesFiles: args.some((argument) => /file/.test(argument.name())),
  };
}

/** All commands, those below others included; the program itself first. */
export function allCommands(words: CommandWords): readonly CommandWords[] {
  return [words, ...words.commands.flatMap(allCommands)];
}

function valueOf(option: {
  readonly flags: string;
  readonly required: boolean;
  readonly optional: boolean;
  readonly argChoices?: readonly string[] | undefined;
}): OptionWords["value"] {
  if (!option.required && !option.optional) return "none";
  if (option.argChoices !== undefined) return "choices";
  return /<(file|folder|path)>/.test(option.flags) ? "file" : "any";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
