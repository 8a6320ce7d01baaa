import { CodeActError } from "../errors.ts";

/** Functions of this process that the code of a session can call. */
export interface FunctionHost {
  readonly functions: readonly HostFunction[];
  /** Docstrings of the Python modules that hold functions, by name. */
  readonly modules?: Readonly<Record<string, string>>;
  /**
   * Does what the code asks for and resolves with plain data; the rest is told under `encodeResult`.
   * What it throws reaches the code as `ToolError`, with its message only.
   */
  call(id: string, input: Readonly<Record<string, unknown>>, context: CallContext): unknown;
}

/** A function as code sees it. */
export interface HostFunction {
  /** What `call` gets; unique. */
  readonly id: string;
  /** Its name in Python. */
  readonly name: string;
  /** The Python module that holds it; without one it needs no import. */
  readonly module?: string;
  readonly parameters: readonly HostParameter[];
  /** Its result's type in Python, such as `list[str]`. */
  readonly returns: string;
  /** Its docstring. */
  readonly doc: string;
  /** Whether it takes named arguments that are not declared. */
  readonly takesMore?: boolean;
}

export interface HostParameter {
  /** Its name in Python. */
  readonly name: string;
  /** Its name for `call`, where Python allows no such name. */
  readonly key?: string;
  /** Its type in Python. */
  readonly type: string;
  readonly required: boolean;
  /** Plain data, shown in the signature; `call` fills it in. Default: None. */
  readonly default?: unknown;
  /** Whether None is a value of its own; otherwise None for an optional parameter means that it is not given. */
  readonly nullable?: boolean;
}

export interface CallContext {
  /** Unique in its session. */
  readonly callId: string;
  /** Fires when the code gives the call up, and when its cell ends. */
  readonly signal: AbortSignal;
  /** Stops the clock of the cell's deadline until the function that it returns is called: somebody is being asked. */
  suspendDeadline(): () => void;
}

const identifier = /^(?!__)[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const maxFunctions = 5000;

/** Throws `invalid_input` unless Python can define these functions. */
export function checkFunctions({ functions, modules = {} }: FunctionHost): void {
  if (functions.length > maxFunctions) {
    throw new CodeActError("invalid_input", `A session takes at most ${maxFunctions} functions.`);
  }
  const ids = new Set<string>();
  const paths = new Set<string>();
  for (const { id, name, module, parameters } of functions) {
    const path = module === undefined ? name : `${module}.${name}`;
    const names = [
      name,
      ...(module === undefined ? [] : [module]),
      ...parameters.map((p) => p.name),
    ];
    const wrong = names.find((text) => !identifier.test(text));
    if (wrong !== undefined) {
      throw new CodeActError("invalid_input", `"${wrong}" of ${path} is no name in Python.`);
    }
    const isTwice = ids.has(id) || paths.has(path);
    if (isTwice || new Set(parameters.map((p) => p.name)).size < parameters.length) {
      throw new CodeActError("invalid_input", `${path} or one of its parameters is there twice.`);
    }
    ids.add(id);
    paths.add(path);
  }
  const wrong = Object.keys(modules).find((name) => !identifier.test(name));
  if (wrong !== undefined) throw new CodeActError("invalid_input", `"${wrong}" is no module name.`);
}
