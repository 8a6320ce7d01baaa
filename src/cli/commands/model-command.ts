import { Command } from "commander";
import { resolve } from "node:path";
import { CodeActError } from "../../errors.ts";
import { downloadModel } from "../../models/download-model.ts";
import { modelsFolder, parseModelSource } from "../../models/model-source.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";

interface DownloadCommandOptions {
  readonly sha256?: string;
  readonly to?: string;
}

/** `codeact model`: files of models. */
export function createModelCommand(context: CliContext): Command {
  const command = new Command("model").description("work with files of models");
  command
    .command("download")
    .description("download a GGUF file; goes on where an earlier download was cut")
    .argument("<source>", "hf:owner/repository/file.gguf, or an HTTP address")
    .option("--sha256 <digits>", "checksum that the file must have")
    .option("--to <folder>", "where the file is put (default: the cache folder)")
    .action(async (source: string, options: DownloadCommandOptions) => {
      await download(source, options, context);
    });
  return command;
}

async function download(
  source: string,
  { sha256, to }: DownloadCommandOptions,
  { env, cwd, fetch, stdout, stderr, setExitCode }: CliContext,
): Promise<void> {
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new CodeActError("invalid_input", `${sha256} is not a SHA-256: it needs 64 digits.`);
  }
  using interrupts = watchInterrupts(() => {});
  const clear = stderr.isTTY === true ? "\r\u001b[K" : "";
  let shownAt = Number.NEGATIVE_INFINITY;
  try {
    const file = await downloadModel({
      source: parseModelSource(source, env),
      folder: to === undefined ? modelsFolder(env) : resolve(cwd, to),
      fetch,
      signal: interrupts.signal,
      ...(sha256 !== undefined && { sha256 }),
      onProgress({ receivedBytes, totalBytes }) {
        if (stderr.isTTY !== true) return;
        const now = performance.now();
        if (now - shownAt < 200 && receivedBytes !== totalBytes) return;
        shownAt = now;
        const share =
          totalBytes === undefined
            ? ""
            : ` of ${size(totalBytes)} (${percent(receivedBytes, totalBytes)})`;
        stderr.write(`${clear}${size(receivedBytes)}${share}`);
      },
    });
    const check = file.verified ? "as it should be" : "not compared: give --sha256";
    stderr.write(`${clear}codeact: ${size(file.bytes)}, SHA-256 ${file.sha256} (${check}).\n`);
    stdout.write(`${file.path}\n`);
  } catch (error) {
    stderr.write(clear);
    if (interrupts.exitCode === undefined) throw error;
    stderr.write("codeact: Interrupted; the same command goes on where it was.\n");
    setExitCode(interrupts.exitCode);
  }
}

function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function percent(part: number, whole: number): string {
  return `${Math.floor((part / whole) * 100)} %`;
}
