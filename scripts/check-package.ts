/**
 * Packs the package, installs the tarball in a bare project, and uses it there as a stranger would:
 * the library with recorded replies and a real interpreter, its types, and the command.
 * Expects `npm run build` to have run. Prints one line per check; exits with 1 at the first that fails.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

/** What the bare project runs; it must print `expectedOutput`. */
const program = `import { createAgent, createBareRuntime, createReplayModel } from "codeact";

const model = createReplayModel({
  replies: [
    { text: "I compute it.\\n<execute>\\nprint(6 * 7)\\n</execute>" },
    { text: "It is 42.", when: { observation: { includes: "42" } } },
  ],
});
await using runtime = createBareRuntime();
await using agent = createAgent({ model, runtime });
const result = await agent.run("What is six times seven?").result;
console.log(result.status, result.answer ?? result.error?.message);
`;
const expectedOutput = "answered It is 42.";

/** Fails to compile when the types are lost, for then everything is \`any\`. */
const typesProgram = `import { createReplayModel, type Model } from "codeact";

export const model: Model = createReplayModel({ replies: [] });
// @ts-expect-error The id is a string.
export const wrong: number = model.id;
`;

interface PackedFile {
  readonly path: string;
}

interface Manifest {
  readonly version: string;
}

async function check(what: string, work: () => Promise<string>): Promise<void> {
  try {
    console.log(`ok    ${what}: ${await work()}`);
  } catch (error) {
    console.error(`FAIL  ${what}`);
    throw error;
  }
}

async function checkPackage(folder: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
  const project = join(folder, "project");
  await mkdir(project);
  // The commands of the project find this Node, whatever else is installed.
  const env = { ...process.env, PATH: dirname(process.execPath) + delimiter + process.env["PATH"] };
  let tarball = "";

  await check("contents", async () => {
    const { stdout } = await run(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
      { cwd: root },
    );
    // Newer versions of npm key the list by the package's name.
    const packed = JSON.parse(stdout) as Record<string, { filename: string; files: PackedFile[] }>;
    const [pack] = Object.values(packed);
    if (pack === undefined) throw new Error("npm pack told of no tarball.");
    tarball = join(folder, pack.filename);
    const paths = pack.files.map(({ path }) => path);
    const needed = ["dist/index.js", "dist/index.d.ts", "dist/cli/main.js", "LICENSE", "README.md"];
    const missing = needed.filter((path) => !paths.includes(path));
    if (!paths.some((path) => /^python\/codeact_kernel\/.*\.py$/.test(path))) {
      missing.push("python/codeact_kernel");
    }
    const surplus = paths.filter((path) => /\.test\.|__pycache__|^(src|test|scripts)\//.test(path));
    if (missing.length > 0) throw new Error(`Missing from the tarball: ${missing.join(", ")}.`);
    if (surplus.length > 0) throw new Error(`Not for the tarball: ${surplus.join(", ")}.`);
    return `${paths.length} files`;
  });

  await check("publint", async () => {
    const bytes = await readFile(tarball);
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: Uint8Array.from(bytes).buffer },
    });
    const serious = messages.filter(({ type }) => type !== "suggestion");
    if (serious.length > 0) {
      throw new Error(serious.map((message) => formatMessage(message, pkg)).join("\n"));
    }
    return "no complaint";
  });

  await check("install", async () => {
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", ["install", ...flags, tarball], { cwd: project, env });
    return "from the tarball, without its scripts";
  });

  await check("library", async () => {
    await writeFile(join(project, "program.js"), program);
    const { stdout } = await run(process.execPath, ["program.js"], { cwd: project, env });
    if (stdout.trim() !== expectedOutput) throw new Error(`It printed ${JSON.stringify(stdout)}.`);
    return stdout.trim();
  });

  await check("types", async () => {
    await writeFile(join(project, "types.ts"), typesProgram);
    await mkdir(join(project, "node_modules/@types"), { recursive: true });
    await symlink(
      join(root, "node_modules/@types/node"),
      join(project, "node_modules/@types/node"),
    );
    const flags = ["--strict", "--module", "nodenext", "--target", "es2024", "--skipLibCheck"];
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, "--noEmit", ...flags, "--types", "node", "types.ts"], {
      cwd: project,
      env,
    });
    return "a strict program compiles";
  });

  await check("command", async () => {
    const command = join(project, "node_modules/.bin/codeact");
    const { stdout } = await run(command, ["--version"], { cwd: project, env });
    if (!stdout.includes(version)) throw new Error(`--version printed ${JSON.stringify(stdout)}.`);
    return `codeact --version says ${stdout.trim()}`;
  });
}

const folder = await mkdtemp(join(tmpdir(), "codeact-package-"));
try {
  await checkPackage(folder);
} catch (error) {
  process.exitCode = 1;
  const { message, stdout, stderr } = error as Partial<
    Record<"message" | "stdout" | "stderr", string>
  >;
  console.error([message, stdout, stderr].filter(Boolean).join("\n"));
} finally {
  await rm(folder, { recursive: true, force: true });
}
