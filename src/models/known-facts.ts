import type { DiscoveredProvider } from "./discover-models.ts";
import type { ModelCatalog, ModelFacts } from "./model-catalog.ts";
import { hostedProviders } from "./providers.ts";

/** What is known of a model where it is served: what it costs and holds elsewhere says nothing of a server of one's own. */
export function knownFacts(
  catalog: ModelCatalog,
  { provider, baseUrl, local }: Pick<DiscoveredProvider, "provider" | "baseUrl" | "local">,
  model: string,
): ModelFacts {
  const known = catalog.find(model, provider);
  const own = catalog.findOwn(model, provider);
  const service = hostedProviders.find(({ name }) => name === provider);
  if (!local && baseUrl === service?.baseUrl) return known;
  const { price: _price, ...elsewhere } = known;
  if (!local) return { ...elsewhere, ...own };
  const { contextTokens: _context, maxOutputTokens: _output, ...abilities } = elsewhere;
  return { ...abilities, ...own };
}
