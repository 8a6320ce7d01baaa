import { CodeActError } from "../../errors.ts";
import { runProcess } from "../run-process.ts";
import { createSandboxRuntime, type SandboxRuntimeOptions } from "./sandbox-runtime.ts";

/** One thing that the sandbox needs, and whether this machine has it. */
export interface SandboxCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it, when it is not ok. */
  readonly fix?: string;
}

/** Tries what the Linux sandbox needs, in order, and stops at the first thing that is missing. Never rejects. */
export async function probeSandbox(
  options: SandboxRuntimeOptions = {},
): Promise<readonly SandboxCheck[]> {
  const checks: SandboxCheck[] = [];
  for (const check of [
    checkPlatform,
    checkBubblewrap,
    checkNamespaces,
    () => checkSession(options),
  ]) {
    const result = await check();
    checks.push(result);
    if (!result.ok) break;
  }
  return checks;
}

async function checkPlatform(): Promise<SandboxCheck> {
  const name = "Linux";
  if (process.platform === "linux") {
    return { name, ok: true, detail: `${process.platform} ${process.arch}` };
  }
  return {
    name,
    ok: false,
    detail: `this is ${process.platform}, which has no namespaces`,
    fix: "Run codeact in a Linux machine or container.",
  };
}

async function checkBubblewrap(): Promise<SandboxCheck> {
  const name = "bubblewrap";
  const { exitCode, stdout } = await runProcess("bwrap", ["--version"], { timeoutMs: 10_000 });
  if (exitCode === 0) return { name, ok: true, detail: stdout.trim() };
  return {
    name,
    ok: false,
    detail: "the program bwrap is not installed",
    fix: "sudo apt-get install bubblewrap, or dnf install bubblewrap",
  };
}

async function checkNamespaces(): Promise<SandboxCheck> {
  const name = "user namespaces";
  const { exitCode, stderr } = await runProcess(
    "bwrap",
    ["--unshare-user", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "true"],
    { timeoutMs: 10_000 },
  );
  if (exitCode === 0) return { name, ok: true, detail: "can be made by this user" };
  return {
    name,
    ok: false,
    detail: `bubblewrap could not make them: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    fix: "Allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0; in Docker start the container with --security-opt seccomp=unconfined",
  };
}

async function checkSession(options: SandboxRuntimeOptions): Promise<SandboxCheck> {
  const name = "isolated session";
  try {
    await using runtime = await createSandboxRuntime(options);
    await using session = await runtime.open();
    const started = performance.now();
    const { status } = await session.execute("6 * 7");
    if (status !== "ok") return { name, ok: false, detail: `a trivial cell ended as ${status}` };
    const cellMs = performance.now() - started;
    return { name, ok: true, detail: `opened, and ran a cell in ${cellMs.toFixed(1)} ms` };
  } catch (error) {
    if (!(error instanceof CodeActError)) throw error;
    const { message, hint } = error;
    return { name, ok: false, detail: message, ...(hint === undefined ? {} : { fix: hint }) };
  }
}
