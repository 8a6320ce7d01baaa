import { homedir } from "node:os";
import { join } from "node:path";
import { CodeActError } from "../errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a model file comes from. */
export interface ModelSource {
  readonly url: string;
  /** What the file is called here. */
  readonly fileName: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the place tells the checksum of a file before it redirects to it, as Hugging Face does. */
  readonly isHub: boolean;
}

const hubPattern = /^hf:([\w.-]+)\/([\w.-]+)\/(.+?)(?:@([\w./-]+))?$/;

/**
 * Reads `hf:owner/repo/file.gguf`, with `@revision` where wanted, or an HTTP address. `HF_ENDPOINT` names another
 * hub than huggingface.co, `HF_TOKEN` opens what is not public. Throws `invalid_input`.
 */
export function parseModelSource(source: string, env: Environment): ModelSource {
  const hub = hubPattern.exec(source);
  if (hub !== null) {
    const [, owner, repository, path = "", revision = "main"] = hub;
    const endpoint = (env["HF_ENDPOINT"] || "https://huggingface.co").replace(/\/+$/, "");
    const file = path.split("/").map(encodeURIComponent).join("/");
    const token = env["HF_TOKEN"];
    return {
      url: `${endpoint}/${owner}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`,
      fileName: fileNameOf(path, source),
      headers: token ? { authorization: `Bearer ${token}` } : {},
      isHub: true,
    };
  }
  if (!/^https?:\/\//.test(source) || !URL.canParse(source)) throw invalidSource(source);
  const { pathname } = new URL(source);
  return { url: source, fileName: fileNameOf(pathname, source), headers: {}, isHub: false };
}

function fileNameOf(path: string, source: string): string {
  let name = path.slice(path.lastIndexOf("/") + 1);
  try {
    name = decodeURIComponent(name);
  } catch {
    // Kept as it was written.
  }
  const safe = name.replace(/[^\w.@+-]/g, "_").replace(/^\.+/, "");
  if (!/\.gguf$/i.test(safe)) throw invalidSource(source);
  return safe;
}

function invalidSource(source: string): CodeActError {
  return new CodeActError("invalid_input", `${source} does not name a GGUF file.`, {
    hint: "Write hf:owner/repository/file.gguf, or an HTTP address that ends in .gguf.",
  });
}

/** The folder of downloaded models: `$XDG_CACHE_HOME/codeact/models`, else `~/.cache/codeact/models`. */
export function modelsFolder(env: Environment): string {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(cache, "codeact", "models");
}
