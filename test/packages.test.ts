import { afterAll, describe, expect, it } from "vitest";
import { streamText, valueText } from "../src/execution/conformance/conformance-case.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";
import { startPackageIndex } from "./package-index.ts";

const index = await startPackageIndex({ smallpkg: ["1.0", "2.0"], requests: ["99.0"] });
const sandbox = await createSandboxRuntime({ preload: [] });
const bare = createBareRuntime({ python: "python3" });
const install = (what: string) =>
  `%pip install -q --index-url http://127.0.0.1:${index.port}/simple --trusted-host 127.0.0.1 ${what}`;
const network = { allow: [`127.0.0.1:${index.port}`] };
/** The index of these tests is on loopback, to which programs go directly. */
const throughProxy = 'import os; os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""';

afterAll(async () => {
  await sandbox.close();
  await bare.close();
  await index[Symbol.asyncDispose]();
});

describe("%pip install", () => {
  it("installs for the session alone, is importable at once, and is undone by a restore", async () => {
    await using session = await sandbox.open({ network });
    await using sibling = await sandbox.open();
    await session.execute(throughProxy);
    const before = (await session.checkpoint?.()) ?? expect.fail("no checkpoint");
    const installed = await session.execute(
      `${install("smallpkg==1.0")}\nimport smallpkg\nsmallpkg.version`,
    );
    expect(streamText(installed) + streamText(installed, "stderr")).toBe("");
    expect(valueText(installed)).toBe("'1.0'");
    const after = (await session.checkpoint?.()) ?? expect.fail("no checkpoint");

    // Subprocesses and scripts have it, too.
    const inProcesses = await session.execute(
      "import subprocess, sys\n!smallpkg\nprint(subprocess.getoutput([sys.executable + ' -m pip list --format freeze | grep smallpkg'][0]))",
    );
    expect(streamText(inProcesses)).toBe("smallpkg 1.0\nsmallpkg==1.0\n");

    await using fork = (await session.fork?.()) ?? expect.fail("no fork");
    await session.restore?.(before);
    const look = "import importlib.util; importlib.util.find_spec('smallpkg') is None";
    expect(valueText(await session.execute(look))).toBe("True");
    expect(valueText(await sibling.execute(look))).toBe("True");
    expect(valueText(await fork.execute("smallpkg.version"))).toBe("'1.0'");
    await session.restore?.(after);
    expect(valueText(await session.execute("smallpkg.version"))).toBe("'1.0'");
    expect((await session.files?.list())?.map((file) => file.path)).toEqual([]);
  });

  it("replaces its own packages, and covers those of the environment", async () => {
    await using session = await sandbox.open({ network });
    await session.execute(throughProxy);
    await session.execute(install("smallpkg==1.0"));
    const upgraded = await session.execute(
      `${install("--upgrade smallpkg requests")}\nimport smallpkg, requests\nsmallpkg.version, requests.version`,
    );
    expect(valueText(upgraded)).toBe("('2.0', '99.0')");
    const removed = await session.execute("%pip uninstall -q -y smallpkg");
    expect(removed.status).toBe("ok");
    expect(
      valueText(
        await session.execute(
          "from importlib.machinery import PathFinder; PathFinder.find_spec('smallpkg')",
        ),
      ),
    ).toBe(undefined);
  });

  it("notices what another process has installed", async () => {
    await using session = await sandbox.open({ network });
    await session.execute(`${throughProxy}\nimport json, sys, subprocess`);
    const options = `"--index-url", "http://127.0.0.1:${index.port}/simple", "--trusted-host", "127.0.0.1"`;
    await session.execute(
      `done = subprocess.run([sys.executable, "-m", "pip", "install", "-q", ${options}, "smallpkg"], capture_output=True, text=True)`,
    );
    expect(
      valueText(await session.execute("import smallpkg; done.returncode, smallpkg.version")),
    ).toBe("(0, '2.0')");
  });

  it("says what is the matter without a network", async () => {
    await using session = await sandbox.open();
    const outcome = await session.execute(`${install("--retries 0 smallpkg")}\n_exit_code`);
    expect(valueText(outcome)).toBe("1");
    expect(streamText(outcome, "stderr") + streamText(outcome)).toContain(
      "pip ended with status 1.",
    );
  });

  it("installs for the session in the bare runtime as well", async () => {
    await using session = await bare.open();
    const outcome = await session.execute(
      `${install("smallpkg")}\nimport smallpkg\nsmallpkg.__file__`,
    );
    expect(valueText(outcome)).toMatch(/\/\.packages\/lib\/.*\/smallpkg\.py'$/);
    await using fork = (await session.fork?.()) ?? expect.fail("no fork");
    const inFork = await fork.execute(
      "import sys, os; [p.startswith(os.getcwd()) for p in sys.path if '.packages' in p], smallpkg.version",
    );
    expect(valueText(inFork)).toBe("([True], '2.0')");
  });
});
