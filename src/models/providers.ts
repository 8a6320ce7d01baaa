/** A hosted service. */
export interface HostedProvider {
  readonly name: string;
  readonly baseUrl: string;
  /** The environment variable that holds its key. */
  readonly apiKeyName: string;
  /** Another variable in which its key may be. */
  readonly otherKeyName?: string;
  /** The environment variable that holds another base URL. */
  readonly baseUrlName?: string;
  /** Used when only the provider is named, or nothing. */
  readonly defaultModel: string;
  /** Its own API, spoken through the AI SDK. Default: OpenAI's chat completions. */
  readonly api?: "anthropic" | "google";
  /** False where calls of tools do not work as elsewhere, whatever the model. */
  readonly toolCalls?: false;
}

/** The hosted services, in the order in which they are looked for. */
export const hostedProviders: readonly HostedProvider[] = [
  {
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    apiKeyName: "OPENAI_API_KEY",
    baseUrlName: "OPENAI_BASE_URL",
    defaultModel: "gpt-5-mini",
  },
  {
    name: "openrouter",
    baseUrl: "https://openrouter.ai/api/v1",
    apiKeyName: "OPENROUTER_API_KEY",
    defaultModel: "openai/gpt-5-mini",
  },
  {
    name: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    apiKeyName: "GEMINI_API_KEY",
    defaultModel: "gemini-2.5-flash",
    // Newer models want a signature of their thoughts back with each call, which OpenAI's API does not have.
    toolCalls: false,
  },
  {
    name: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    apiKeyName: "GROQ_API_KEY",
    defaultModel: "openai/gpt-oss-120b",
  },
  {
    name: "mistral",
    baseUrl: "https://api.mistral.ai/v1",
    apiKeyName: "MISTRAL_API_KEY",
    defaultModel: "mistral-medium-latest",
  },
  {
    name: "deepseek",
    baseUrl: "https://api.deepseek.com/v1",
    apiKeyName: "DEEPSEEK_API_KEY",
    defaultModel: "deepseek-chat",
  },
  {
    name: "together",
    baseUrl: "https://api.together.xyz/v1",
    apiKeyName: "TOGETHER_API_KEY",
    defaultModel: "Qwen/Qwen2.5-Coder-32B-Instruct",
  },
  {
    name: "anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    apiKeyName: "ANTHROPIC_API_KEY",
    baseUrlName: "ANTHROPIC_BASE_URL",
    defaultModel: "claude-sonnet-5-5",
    api: "anthropic",
  },
  {
    name: "google",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    apiKeyName: "GOOGLE_GENERATIVE_AI_API_KEY",
    otherKeyName: "GEMINI_API_KEY",
    baseUrlName: "GOOGLE_GENERATIVE_AI_BASE_URL",
    defaultModel: "gemini-3.8-flash",
    api: "google",
  },
];

/** A model server on this machine. */
export interface LocalServer {
  readonly name: string;
  readonly baseUrl: string;
}

/** The local servers at their usual ports, in the order in which they are looked for. */
export const localServers: readonly LocalServer[] = [
  { name: "ollama", baseUrl: "http://127.0.0.1:11434/v1" },
  { name: "lmstudio", baseUrl: "http://127.0.0.1:1234/v1" },
  { name: "llamacpp", baseUrl: "http://127.0.0.1:8080/v1" },
  { name: "vllm", baseUrl: "http://127.0.0.1:8000/v1" },
];

const seeing =
  /gpt-4o|gpt-4\.1|gpt-5|\bo[34]\b|gemini|claude|llava|pixtral|vision|[-\d]vl\b|gemma-?3|llama-?4|mistral-medium/i;

/** Guesses from its name whether a model takes pictures. */
export function seesImages(model: string): boolean {
  return seeing.test(model);
}

const telemetryNames: Readonly<Record<string, string>> = {
  gemini: "gcp.gemini",
  google: "gcp.gemini",
  mistral: "mistral_ai",
  // Only that it speaks OpenAI's API is known.
  server: "openai",
};

/** What OpenTelemetry's conventions call a provider. */
export function telemetryName(provider: string): string {
  return telemetryNames[provider] ?? provider;
}
