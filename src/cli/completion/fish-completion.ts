import { allCommands } from "./command-words.ts";
import type { CommandWords } from "./command-words.ts";

/** Writes the completion script for fish. */
export function fishCompletion(program: CommandWords): string {
  const lines = allCommands(program).flatMap(linesOf);
  return `# fish completion for codeact: codeact completion fish > ~/.config/fish/completions/codeact.fish
complete -c codeact -f
${lines.join("\n")}
`;
}

function linesOf(words: CommandWords): readonly string[] {
  const isHere = condition(words);
  const start = `complete -c codeact -n ${quote(isHere)}`;
  return [
    ...words.commands.map(
      (child) => `${start} -a ${quote(child.path.at(-1) ?? "")} -d ${quote(child.description)}`,
    ),
    ...words.options.map(({ flags, description, value, choices }) => {
      const names = flags.map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const rest = {
        none: "",
        any: " -x",
        file: " -r -F",
        choices: ` -x -a ${quote(choices.join(" "))}`,
      }[value];
      return `${start} ${names.join(" ")}${rest} -d ${quote(description)}`;
    }),
    ...(words.choices.length > 0 ? [`${start} -a ${quote(words.choices.join(" "))}`] : []),
    ...(words.takesFiles ? [`${start} -F`] : []),
  ];
}

/** Whether the words so far lead to the command and to none below it. */
function condition({ path, commands }: CommandWords): string {
  const below = commands.map((child) => child.path.at(-1)).join(" ");
  const parts = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  if (below !== "") parts.push(`not __fish_seen_subcommand_from ${below}`);
  return parts.join("; and ");
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
