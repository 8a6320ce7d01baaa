import { allCommands } from "./command-words.ts";
import type { CommandWords } from "./command-words.ts";

/** Writes the completion script for bash. */
export function bashCompletion(program: CommandWords): string {
  const commands = allCommands(program);
  const children = commands.flatMap(({ path, commands: below }) =>
    below.map(
      (child) =>
        `    "${[...path, child.path.at(-1)].join(" ")}") command="$command \${typed[i]}" ;;`,
    ),
  );
  return `# bash completion for codeact: eval "$(codeact completion bash)"
_codeact() {
  local typed=("\${COMP_WORDS[@]}") current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" i words_here="" options="" files="" IFS=$'\\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${command:+\${command# } }\${typed[i]}" in
${children.join("\n")}
    esac
  done
  command="\${command# }"
  COMPREPLY=()
  case "$command|$previous" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case "$command" in
${commands.map(wordCase).join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words_here" -- "$current") \${files:+$(compgen -f -- "$current")})
  fi
}
complete -o filenames -o bashdefault -F _codeact codeact
`;
}

function valueCases({ path, options }: CommandWords): readonly string[] {
  return options
    .filter(({ value }) => value !== "none")
    .map(({ flags, value, choices }) => {
      const pattern = flags.map((flag) => `"${path.join(" ")}|${flag}"`).join("|");
      const reply = {
        choices: `COMPREPLY=($(compgen -W ${list(choices)} -- "$current")); `,
        file: `COMPREPLY=($(compgen -f -- "$current")); `,
        any: "",
        none: "",
      }[value];
      return `    ${pattern}) ${reply}return ;;`;
    });
}

function wordCase({ path, commands, options, choices, takesFiles }: CommandWords): string {
  const names = [...commands.map((child) => child.path.at(-1) ?? ""), ...choices];
  const flags = options.flatMap((option) => option.flags);
  const files = takesFiles ? " files=yes" : "";
  return `    "${path.join(" ")}") words_here=${list(names)} options=${list(flags)}${files} ;;`;
}

/** Words as one string with a line for each: file names may hold spaces, so only line ends part words. */
function list(words: readonly string[]): string {
  return `$'${words.map((word) => word.replaceAll(/['\\]/g, String.raw`\$&`)).join(String.raw`\n`)}'`;
}
