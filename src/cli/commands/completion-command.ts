import { Argument, Command } from "commander";
import type { CliContext } from "../cli-context.ts";
import { bashCompletion } from "../completion/bash-completion.ts";
import { commandWords } from "../completion/command-words.ts";
import { fishCompletion } from "../completion/fish-completion.ts";
import { zshCompletion } from "../completion/zsh-completion.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `codeact completion`: prints a shell's completion script, made of the program's own commands and options. */
export function createCompletionCommand(context: CliContext): Command {
  const command = new Command("completion")
    .description("print the completion script of a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(scripts)));
  return command.action((shell: keyof typeof scripts) => {
    context.stdout.write(scripts[shell](commandWords(command.parent ?? command)));
  });
}
