import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { kernelArguments, kernelEnvironment, kernelFolder } from "../kernel-process.ts";
import { insideId, type SandboxFolder } from "./sandbox-folder.ts";

/** Where the sandbox shows the host's folder; also named in python/codeact_kernel/isolation.py. */
const hostFolderInside = "/run/codeact";
const kernelFolderInside = "/opt/codeact/python";
const cacheFolderInside = "/var/cache/codeact";

const systemFolders = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];
const systemFiles = [
  "alternatives",
  "fonts",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "localtime",
  "mime.types",
  "ssl",
  "timezone",
];

export interface OuterSandboxOptions {
  readonly bubblewrap: string;
  readonly python: string;
  /** Folders that the interpreter needs. */
  readonly pythonFolders: readonly string[];
  readonly folder: SandboxFolder;
  /** Modules that are imported before the first session. */
  readonly preload: readonly string[];
}

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The command that starts the outer sandbox with a zygote in it. It sees the system read-only, its Python, the
 * kernel and `folder`; it has no network and no capabilities, and an environment of its own. As root, the
 * command first gives up root, because what starts as root keeps rights that a sandbox must not have.
 */
export function outerSandboxCommand(options: OuterSandboxOptions): Command {
  const { folder } = options;
  const staged = new Map<string, string>();
  const asRoot = process.getuid?.() === 0;
  const stage = (source: string): string => {
    if (!asRoot) return source;
    const place = staged.get(source) ?? folder.createStage(staged.size);
    staged.set(source, place);
    return place;
  };
  const bubblewrapArgs = [
    ...["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"],
    ...["--unshare-cgroup-try", "--uid", `${insideId}`, "--gid", `${insideId}`],
    ...["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
    ...Object.entries(sandboxEnvironment(options.python)).flatMap(([name, value]) => [
      "--setenv",
      name,
      value,
    ]),
    ...systemArgs(),
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", cacheFolderInside],
    ...["--dir", "/home/codeact", "--dir", "/workspace"],
    ...["passwd", "group", "hosts", "nsswitch.conf"].flatMap((name) => [
      "--ro-bind",
      join(stage(folder.etcPath), name),
      `/etc/${name}`,
    ]),
    ...pythonFolders(options.pythonFolders).flatMap((path) => ["--ro-bind", stage(path), path]),
    ...["--ro-bind", stage(kernelFolder), kernelFolderInside],
    ...["--bind", stage(folder.path), hostFolderInside],
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"],
    ...[options.python, ...kernelArguments(kernelFolderInside)],
    ...[
      "zygote",
      "--socket",
      `${hostFolderInside}/zygote.sock`,
      "--preload",
      options.preload.join(","),
    ],
  ];
  if (!asRoot) return { command: options.bubblewrap, args: bubblewrapArgs };
  const stages = [...staged].flat();
  const identity = [`${folder.owner.uid}`, `${folder.owner.gid}`, `${stages.length / 2}`];
  return {
    command: "unshare",
    args: [
      ...["--mount", "--propagation", "private", "--", "sh", "-c", leaveRootScript, "sh"],
      ...[...identity, ...stages, options.bubblewrap, ...bubblewrapArgs],
    ],
  };
}

/**
 * Run by root in a mount namespace of its own: shows each source at a place that any user can reach, since
 * the source may lie in a home that only root can enter, then goes on as the unprivileged user.
 */
const leaveRootScript = `
set -eu
uid=$1 gid=$2 stages=$3; shift 3
while [ "$stages" -gt 0 ]; do mount --bind "$1" "$2"; shift 2; stages=$((stages - 1)); done
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"
`;

function sandboxEnvironment(python: string): Record<string, string> {
  const pythonBin = join(python, "..");
  return {
    ...kernelEnvironment,
    HOME: "/home/codeact",
    USER: "codeact",
    LOGNAME: "codeact",
    LANG: "C.UTF-8",
    PATH: [...new Set([pythonBin, "/usr/local/bin", "/usr/bin", "/bin"])].join(":"),
    MPLCONFIGDIR: `${cacheFolderInside}/matplotlib`,
    XDG_CACHE_HOME: "/home/codeact/.cache",
  };
}

function systemArgs(): string[] {
  const folders = systemFolders.flatMap((name) => {
    const path = `/${name}`;
    if (!existsSync(path)) return [];
    return lstatSync(path).isSymbolicLink()
      ? ["--symlink", readlinkSync(path), path]
      : ["--ro-bind", path, path];
  });
  const files = systemFiles.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]);
  return ["--ro-bind", "/usr", "/usr", ...folders, ...files];
}

/** Folders that each session has for itself: what lies below them on the host cannot be seen in it. */
const hiddenFolders = ["/tmp", "/dev", "/proc", "/workspace", "/home/codeact", hostFolderInside];

/** Returns the first of the folders that no session could see, if there is one. */
export function findHiddenFolder(folders: readonly string[]): string | undefined {
  return folders.find((path) =>
    hiddenFolders.some((hidden) => path === hidden || path.startsWith(`${hidden}/`)),
  );
}

/** Leaves out what /usr shows anyway and what lies in another of the folders. */
function pythonFolders(folders: readonly string[]): string[] {
  const outside = folders.filter((path) => path !== "/usr" && !path.startsWith("/usr/"));
  return outside.filter(
    (path) => !outside.some((other) => path !== other && path.startsWith(`${other}/`)),
  );
}
