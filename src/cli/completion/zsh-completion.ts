import type { CommandWords, OptionWords } from "./command-words.ts";

/** Writes the completion script for zsh. */
export function zshCompletion(program: CommandWords): string {
  return `#compdef codeact
# zsh completion for codeact: codeact completion zsh > a folder of your fpath, as _codeact
${functionOf(program)}
if [ "$funcstack[1]" = "_codeact" ]; then
  _codeact "$@"
else
  compdef _codeact codeact
fi
`;
}

function functionOf(words: CommandWords): string {
  const name = ["_codeact", ...words.path].join("_").replaceAll("-", "_");
  const specs = words.options.flatMap(optionSpecs);
  if (words.commands.length > 0) {
    const list = words.commands.map(
      (child) => `    ${quote(`${child.path.at(-1)}:${child.description.replaceAll(":", "\\:")}`)}`,
    );
    const cases = words.commands.map(
      (child) =>
        `        ${child.path.at(-1)}) ${["_codeact", ...child.path].join("_").replaceAll("-", "_")} ;;`,
    );
    return `${words.commands.map(functionOf).join("\n")}
${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${list.join("\n")}
  )
  _arguments -C \\
${[...specs, quote("1: :->command"), quote("*:: :->rest")].map((spec) => `    ${spec}`).join(" \\\n")}
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}`;
  }
  const argument =
    words.choices.length > 0
      ? [quote(`1:value:(${words.choices.join(" ")})`)]
      : words.takesFiles
        ? [quote("*:file:_files")]
        : [];
  return `${name}() {
  _arguments \\
${[...specs, ...argument].map((spec) => `    ${spec}`).join(" \\\n")}
}`;
}

function optionSpecs({ flags, description, value, choices }: OptionWords): readonly string[] {
  const text = description.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  const rest = {
    none: "",
    any: ":value: ",
    file: ":file:_files",
    choices: `:value:(${choices.join(" ")})`,
  }[value];
  return flags.map((flag) => quote(`${flag}[${text}]${rest}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
