import { Command } from "commander";
import { discoverModels, type DiscoveredProvider } from "../../models/discover-models.ts";
import {
  catalogUpdated,
  loadModelCatalog,
  type ModelCatalog,
  type ModelFacts,
} from "../../models/model-catalog.ts";
import { knownFacts } from "../../models/known-facts.ts";
import type { CliContext } from "../cli-context.ts";

/** A model that can be had, and what is known of it. */
interface ListedModel extends ModelFacts {
  readonly spec: string;
}

/** `codeact models`: what models can be had here. */
export function createModelsCommand(context: CliContext): Command {
  return new Command("models")
    .description(
      "list the models that can be had: keys in the environment, servers on this machine",
    )
    .option("--json", "print one JSON object per line")
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { env, fetch, stdout, stderr } = context;
      const catalog = await loadModelCatalog(env);
      const places = await discoverModels({ env, fetch });
      const models = places.flatMap((place) =>
        place.models.map((model) => describe(place, model, catalog)),
      );
      if (json === true) {
        for (const model of models) stdout.write(`${JSON.stringify(model)}\n`);
        return;
      }
      if (models.length === 0) {
        stderr.write(
          "codeact: No model was found.\n  Set OPENAI_API_KEY or another provider's key, or start Ollama, LM Studio, llama.cpp or vLLM.\n",
        );
        return;
      }
      stdout.write(table(models));
      if (models.some(({ price }) => price !== undefined)) {
        stderr.write(
          `codeact: Prices are in US dollars per million tokens, as of ${catalogUpdated}; they may be out of date.\n`,
        );
      }
    });
}

function describe(place: DiscoveredProvider, model: string, catalog: ModelCatalog): ListedModel {
  const told = place.contextTokens?.[model];
  return {
    spec: `${place.provider}/${model}`,
    ...knownFacts(catalog, place, model),
    ...(told !== undefined && { contextTokens: told }),
    ...catalog.findOwn(model, place.provider),
  };
}

function table(models: readonly ListedModel[]): string {
  const rows = [
    ["model", "context", "input", "output", "pictures", "tool calls"],
    ...models.map(({ spec, contextTokens, price, images, toolCalls }) => [
      spec,
      contextTokens?.toLocaleString("en-US") ?? "-",
      price === undefined ? "-" : `$${price.input}`,
      price === undefined ? "-" : `$${price.output}`,
      yesNo(images),
      yesNo(toolCalls),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? "-" : value ? "yes" : "no";
}
