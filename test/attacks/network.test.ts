import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import { createArena, printed } from "./arena.ts";

process.env["CODEACT_ATTACK_SECRET"] = "hunter2-from-the-host";
const arena = await createArena();

let connections = 0;
async function listen(host: string): Promise<Server> {
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  server.listen(0, host);
  await once(server, "listening");
  return server;
}
const servers = [await listen("127.0.0.1"), await listen("0.0.0.0")];
const ports = servers.map((server) => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
});

afterAll(() => {
  for (const server of servers) server.close();
  assert.equal(connections, 0);
});

describe("network and secrets", () => {
  it("55 TCP, UDP, IPv6, ICMP out", async () => {
    const outcome = await arena.attack(`
import socket
def reach(family, kind, address, protocol=0):
    with socket.socket(family, kind, protocol) as sock:
        sock.settimeout(2)
        sock.connect(address); sock.send(b"x")
for target in [(socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 443)), (socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)),
               (socket.AF_INET6, socket.SOCK_STREAM, ("2606:4700:4700::1111", 443)),
               (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:4860:4860::8888", 53)),
               (socket.AF_INET, socket.SOCK_DGRAM, ("1.1.1.1", 0), socket.IPPROTO_ICMP),
               (socket.AF_INET, socket.SOCK_RAW, ("1.1.1.1", 0), socket.IPPROTO_ICMP),
               (socket.AF_INET, socket.SOCK_DGRAM, ("255.255.255.255", 9)), (socket.AF_INET, socket.SOCK_DGRAM, ("224.0.0.1", 9))]:
    print(attempt(reach, *target))
print(sorted(line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]))`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines.pop()).toBe("['lo']");
    expect(lines).toHaveLength(8);
    for (const line of lines) {
      expect(line).toMatch(/^(ENETUNREACH|EACCES|EPERM|EADDRNOTAVAIL|EHOSTUNREACH)$/);
    }
  });

  it("56 DNS", async () => {
    const outcome = await arena.attack(`
import socket
for name in ("example.com", "metadata.google.internal", "host.docker.internal", "kubernetes.default.svc"):
    try:
        print(socket.getaddrinfo(name, 80))
    except socket.gaierror:
        print("no")
print(os.path.exists("/etc/resolv.conf"), os.path.exists("/run/systemd/resolve"), os.path.exists("/run/nscd/socket"))`);
    expect(printed(outcome)).toBe("no\nno\nno\nno\nFalse False False\n");
  });

  it("57 abstract unix sockets, docker.sock, D-Bus", async () => {
    const abstract = `codeact-attack-${process.pid}`;
    await arena.sibling.execute(
      `import socket; own = socket.socket(socket.AF_UNIX); own.bind("\\0${abstract}"); own.listen()`,
    );
    const outcome = await arena.attack(`
import socket
paths = ["\\0${abstract}", "\\0/tmp/.X11-unix/X0", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock",
         "/run/dbus/system_bus_socket", "/run/user/1000/bus", "/run/codeact/zygote.sock", "/run/systemd/private", "/dev/log"]
for path in paths:
    with socket.socket(socket.AF_UNIX) as sock:
        print(attempt(sock.connect, path))
print(len(open("/proc/net/unix").readlines()) < 12)`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines.pop()).toBe("True");
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(line).toMatch(/^(ECONNREFUSED|ENOENT|EACCES)$/);
  });

  it("58 metadata addresses in every notation", async () => {
    const outcome = await arena.attack(`
import socket
for address in ("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "100.100.100.200"):
    print(attempt(socket.create_connection, (address, 80), 2))
for address in ("fd00:ec2::254", "::ffff:169.254.169.254"):
    print(attempt(socket.create_connection, (address, 80), 2))`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines).toHaveLength(8);
    for (const line of lines) expect(line).toMatch(/^(ENETUNREACH|EADDRNOTAVAIL|EHOSTUNREACH)$/);
  });

  it("61 loopback services of the host and of siblings", async () => {
    await arena.sibling.execute(
      "import socket; service = socket.create_server(('127.0.0.1', 45678)); also = socket.create_server(('::1', 45679), family=socket.AF_INET6)",
    );
    const outcome = await arena.attack(`
import socket
for port in (${ports.join(", ")}, 45678, 22, 2375):
    for host in ("127.0.0.1", "localhost", "0.0.0.0", "::1", "127.1.2.3", "::ffff:127.0.0.1"):
        print(attempt(socket.create_connection, (host, port), 2))
print(attempt(socket.create_connection, ("::1", 45679), 2))`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines).toHaveLength(31);
    expect(new Set(lines)).toEqual(new Set(["ECONNREFUSED"]));
    expect(connections).toBe(0);
  });

  it("62 environment and arguments carry no secret", async () => {
    const outcome = await arena.attack(`
import glob
seen = []
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
    try:
        seen.append(open(path, "rb").read())
    except OSError:
        pass
print(any(b"hunter2" in text for text in seen), "hunter2" in repr(os.environ))
known = {"HOME", "USER", "LOGNAME", "LANG", "PATH", "MPLCONFIGDIR", "XDG_CACHE_HOME", "PWD", "LC_CTYPE"}
print(sorted(n for n in os.environ if n not in known and not n.endswith("_THREADS") and not n.startswith(("PYTHON", "MPL"))))
print([n for n in os.environ if any(word in n for word in ("KEY", "TOKEN", "SECRET", "PASSWORD"))])
print(os.path.exists("/var/run/secrets"), os.path.exists("/run/secrets"))`);
    const [secrets, unknown, named, mounted] = printed(outcome).trim().split("\n");
    expect(secrets).toBe("False False");
    expect(unknown).toMatch(
      /^\[('(PIP_[A-Z_]+|COLUMNS|LINES|TERM|NO_COLOR|PAGER|GIT_PAGER|TZ|VIRTUAL_ENV)'(, )?)*\]$/,
    );
    expect(named).toBe("[]");
    expect(mounted).toBe("False False");
  });
});
