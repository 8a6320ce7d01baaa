import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureEnvironment, makeEnvironment } from "./environment.ts";
import { environmentsFolder, findMadeEnvironment } from "./environment-folder.ts";
import { withLock } from "./environment-lock.ts";
import { findPython } from "./find-python.ts";
import { readPackageList } from "./python-packages.ts";

let home: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "codeact-env-"));
  env = { PATH: process.env["PATH"], HOME: home };
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** A list without any package: the environment is real, and nothing is downloaded. */
function emptyList() {
  const path = join(home, "requirements.txt");
  writeFileSync(path, "# nothing\n");
  return readPackageList(path);
}

describe("makeEnvironment", () => {
  it("makes an environment once, also when two ask at the same time, and finds it again", async () => {
    const packages = emptyList();
    const phases: string[] = [];
    const make = () => makeEnvironment({ env, packages, onProgress: (p) => phases.push(p.phase) });
    const [first, second] = await Promise.all([make(), make()]);
    expect(second).toEqual(first);
    expect(phases.filter((phase) => phase === "creating")).toHaveLength(1);
    expect(findMadeEnvironment({ env, packages })).toEqual(first);
    expect(await make()).toEqual(first);

    const { python } = await ensureEnvironment({ env, packages });
    expect(python).toMatchObject({ source: "environment", path: first.python });
    expect(readdirSync(environmentsFolder(env)).filter((name) => name.endsWith(".lock"))).toEqual(
      [],
    );
  });

  it("names the way out and leaves nothing half made when no index can be reached", async () => {
    const path = join(home, "requirements.txt");
    writeFileSync(path, "codeact-no-such-package==1.0\n");
    const packages = readPackageList(path);
    const offline = { ...env, PIP_NO_INDEX: "1", UV_OFFLINE: "1" };
    await expect(makeEnvironment({ env: offline, packages })).rejects.toMatchObject({
      code: "environment_failed",
      message: expect.stringContaining("no package index can be reached"),
    });
    expect(readdirSync(environmentsFolder(env))).toEqual([]);

    const ensured = await ensureEnvironment({ env: offline, packages });
    expect(ensured.python.source).toBe("system");
    expect(ensured.notice).toContain("without the usual packages");
  });
});

describe("findPython", () => {
  it("takes the one that is named and never another", async () => {
    const named = await findPython({ python: "python3", env });
    expect(named.source).toBe("option");
    expect(existsSync(named.path)).toBe(true);
    await expect(findPython({ python: "/none", env })).rejects.toMatchObject({
      code: "python_not_found",
      message: "/none does not exist or cannot be started.",
    });
    await expect(findPython({ env: { ...env, CODEACT_PYTHON: "/none" } })).rejects.toMatchObject({
      message: "/none (from CODEACT_PYTHON) does not exist or cannot be started.",
    });
  });

  it("takes a system's Python when nothing is named, virtual environments first", async () => {
    expect(await findPython({ env })).toMatchObject({ source: "system" });
    const made = await makeEnvironment({ env, packages: emptyList() });
    expect(await findPython({ env: { ...env, VIRTUAL_ENV: made.folder } })).toMatchObject({
      source: "virtualenv",
      path: join(made.folder, "bin", "python"),
    });
  });
});

describe("withLock", () => {
  it("lets one work at a time and takes over the lock of a dead process", async () => {
    const path = join(home, "locks", "a.lock");
    mkdirSync(join(home, "locks"));
    // Above the largest process id that Linux gives out.
    writeFileSync(path, "4194305\n");
    let working = 0;
    const seen: number[] = [];
    const work = async () => {
      working += 1;
      seen.push(working);
      await new Promise(setImmediate);
      working -= 1;
    };
    await Promise.all([withLock(path, work), withLock(path, work), withLock(path, work)]);
    expect(seen).toEqual([1, 1, 1]);
    expect(existsSync(path)).toBe(false);
  });
});
