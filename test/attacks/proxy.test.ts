import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import type { NetworkOptions, NetworkRequest } from "../../src/execution/network/network.ts";
import type { Session } from "../../src/execution/session.ts";
import { startWebServer } from "../local-web-server.ts";
import { createArena, printed } from "./arena.ts";

process.env["CODEACT_ATTACK_SECRET"] = "hunter2-from-the-host";
const arena = await createArena();
const allowed = await startWebServer();
const forbidden = await startWebServer();
const good = `127.0.0.1:${allowed.port}`;
const bad = `127.0.0.1:${forbidden.port}`;

afterAll(async () => {
  await allowed[Symbol.asyncDispose]();
  await forbidden[Symbol.asyncDispose]();
  assert.deepEqual(forbidden.seen, []);
});

/** Speaks to the proxy without any library between: `say` sends bytes and returns the first line of each answer. */
const rawTools = String.raw`
import re, socket
def say(*pieces, ends=True):
    with socket.create_connection(("127.0.0.1", 3128), 5) as sock:
        for piece in pieces:
            sock.sendall(piece.encode("latin1") if isinstance(piece, str) else piece)
        if ends:
            sock.shutdown(socket.SHUT_WR)
        data = b""
        try:
            while more := sock.recv(65536):
                data += more
                sock.settimeout(0.5)
        except OSError:
            pass
    return data
def status(*pieces):
    lines = re.findall(rb"HTTP/1\.1 (\d+)", say(*pieces, ends=False))
    return b" ".join(lines).decode() or "closed"
def connect(target, *rest):
    return status(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n", *rest)
def get(url, host="x", *headers):
    lines = [f"GET {url} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return status("\r\n".join(lines) + "\r\n\r\n")
`;

async function openWith(network: Partial<NetworkOptions> = {}) {
  const requests: NetworkRequest[] = [];
  const session = await arena.open(
    { memoryBytes: 1024 ** 3 },
    { allow: [good], ...network, onRequest: (request) => requests.push(request) },
  );
  const ready = await session.execute(rawTools);
  expect(ready.status).toBe("ok");
  return { session, requests };
}

async function attack(session: Session, code: string): Promise<string[]> {
  const outcome = await session.execute(code);
  await arena.checkBoth(session);
  expect(outcome.error?.traceback).toBeUndefined();
  return printed(outcome).trim().split("\n");
}

describe("a session that may reach one host", () => {
  it("55 56 has no other way out: no TCP, UDP, IPv6, ICMP, DNS", async () => {
    const { session } = await openWith();
    await using _session = session;
    const lines = await attack(
      session,
      `
def reach(family, kind, address, protocol=0):
    with socket.socket(family, kind, protocol) as sock:
        sock.settimeout(2); sock.connect(address); sock.send(b"x")
for target in [(socket.AF_INET, socket.SOCK_STREAM, ("1.1.1.1", 443)), (socket.AF_INET, socket.SOCK_DGRAM, ("8.8.8.8", 53)),
               (socket.AF_INET6, socket.SOCK_STREAM, ("2606:4700:4700::1111", 443)),
               (socket.AF_INET, socket.SOCK_DGRAM, ("1.1.1.1", 0), socket.IPPROTO_ICMP)]:
    print(attempt(reach, *target))
for name in ("example.com", "localhost.localdomain", "metadata.google.internal"):
    try: print(socket.getaddrinfo(name, 80))
    except socket.gaierror: print("ENAME")
print(attempt(socket.create_connection, ("127.0.0.1", ${allowed.port}), 2))`,
    );
    expect(lines).toHaveLength(8);
    for (const line of lines) {
      expect(line).toMatch(
        /^(ENETUNREACH|EACCES|EPERM|EADDRNOTAVAIL|EHOSTUNREACH|ENAME|ECONNREFUSED)$/,
      );
    }
  });

  it("57 cannot reach the proxy's socket, nor those of other sessions, but through its own port", async () => {
    const { session } = await openWith();
    await using other = (await openWith()).session;
    await using _session = session;
    const [sockets, found, forwarders, denied] = await attack(
      session,
      `import sys
print([line.split()[-1] for line in open("/proc/net/unix").readlines()[1:] if "/" in line])
print([os.path.join(folder, name) for top in ("/run", "/tmp", "/workspace", "/var", "/home") for folder, _, names in os.walk(top)
       for name in names if not folder.startswith((sys.prefix, sys.base_prefix)) and (name.endswith((".sock", ".pem")) or "network" in name)])
others = [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid())]
print(len(others) >= 1)
print({str(attempt(os.listdir, f"/proc/{p}/{name}")) for p in others for name in ("fd", "cwd", "root")
       if b"zygote" in open(f"/proc/{p}/cmdline", "rb").read() and not os.access(f"/proc/{p}/environ", os.R_OK)})`,
    );
    expect(sockets).toBe("[]");
    expect(found).toBe("['/run/codeact/certificates.pem']");
    expect(forwarders).toBe("True");
    expect(denied).toMatch(/^\{'(EACCES|EPERM)'\}$/);
    await arena.checkBoth(other);
  });

  it("58 refuses metadata and private addresses in every notation", async () => {
    const { session, requests } = await openWith({ allow: [good, "*:*", "*.example:*"] });
    await using _session = session;
    const hosts = [
      ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"],
      ...[
        "169.254.169.254.",
        "0xA9.254.0251.254",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
      ],
      ...["[fd00:ec2::254]", "100.100.100.200", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"],
      ...[
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
      ],
      ...["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255"],
      ...["%31%32%37.0.0.1", "\u00b9\u00b2\u00b7.0.0.1", "localhost", "LOCALHOST.", "[fe80::1]"],
    ];
    const lines = await attack(
      session,
      `
for host in ${JSON.stringify(hosts)}:
    print(host.encode(), connect(host + ":80"), get("http://" + host + ":80/latest/meta-data/"))`,
    );
    expect(lines).toHaveLength(hosts.length);
    for (const line of lines) expect(line).toMatch(/^b'.*' (400|403|502) (400|403|502)$/);
    expect(requests.filter((request) => request.verdict === "allowed")).toEqual([]);
  });

  it("58 refuses them over SOCKS as well", async () => {
    const { session, requests } = await openWith({ allow: [good, "*:*"] });
    await using _session = session;
    const lines = await attack(
      session,
      `
import ipaddress
def socks(kind, body, command=1, port=80, greeting=b"\\x05\\x01\\x00"):
    return list(say(greeting, bytes([5, command, 0, kind]) + body + port.to_bytes(2, "big"))[:4])
def name(text): return bytes([len(text)]) + text
for address in ("169.254.169.254", "127.0.0.1", "10.0.0.1"):
    print(socks(1, ipaddress.ip_address(address).packed))
for address in ("::1", "::ffff:127.0.0.1", "fd00:ec2::254"):
    print(socks(4, ipaddress.ip_address(address).packed))
for text in (b"2852039166", b"127.1", b"localhost", b"", b"a b", b"x\\0y"):
    print(socks(3, name(text)))
print(socks(3, name(b"example.com"), command=2), socks(3, name(b"example.com"), command=3), socks(9, b""))
print(list(say(b"\\x05\\x01\\x02")), list(say(b"\\x05")), list(say(b"\\x04\\x01\\x00\\x50\\x7f\\x00\\x00\\x01\\x00"))[:0])`,
    );
    expect(lines.slice(0, 9)).toEqual([...Array<string>(9).fill("[5, 0, 5, 2]")]);
    expect(lines.slice(9, 12)).toEqual(Array<string>(3).fill("[5, 0, 5, 8]"));
    expect(lines.slice(12)).toEqual(["[5, 0, 5, 7] [5, 0, 5, 7] [5, 0, 5, 8]", "[5, 255] [] []"]);
    expect(requests.filter((request) => request.verdict === "allowed")).toEqual([]);
  });

  it("59 follows no allowed name to a private address, and asks for it once", async () => {
    const asked: string[] = [];
    const { session } = await openWith({
      allow: ["rebinding.example:*", "inside.example:*"],
      lookup: async (name) => {
        asked.push(name);
        // The first answer is harmless (and leads nowhere), every later one is the host itself.
        const first = asked.filter((earlier) => earlier === name).length === 1;
        return [
          { address: first && name !== "inside.example" ? "192.0.2.1" : "127.0.0.1", family: 4 },
        ];
      },
    });
    await using _session = session;
    const lines = await attack(
      session,
      `
for _ in range(3):
    print(get("http://rebinding.example:${forbidden.port}/"), connect("rebinding.example:${forbidden.port}"))
print(get("http://inside.example:${forbidden.port}/"), connect("inside.example:${forbidden.port}"))`,
    );
    expect(lines).toEqual(Array<string>(4).fill("403 403"));
    expect(asked).toEqual(["rebinding.example", "inside.example"]);
  });

  it("60 goes nowhere else by CONNECT, odd ports, other Host headers and redirects", async () => {
    const { session } = await openWith();
    await using _session = session;
    const lines = await attack(
      session,
      `
print(connect("${bad}"), connect("127.0.0.1:22"), connect("${good}@${bad}"), connect("${good}"))
print(connect("127.0.0.1"), connect("127.0.0.1:0"), connect("127.0.0.1:99999"), connect("http://${good}/"), connect("/"))
print(get("http://${bad}/"), get("http://${good}@${bad}/"), get("http://${bad}/", "${good}"), get("http://${bad}#${good}/"))
print(get("https://${good}/"), get("ftp://${good}/"), get("/"), get("*"), get("http:///"), get("//${good}/"))
print(get("http://${good}/ok", "${bad}"))
print(get("http://${good}/redirect?to=http://${bad}/"))
print(status("GET http://${good}/h HTTP/1.1\\r\\nHost: ${good}\\r\\nHost: ${bad}\\r\\nConnection: close\\r\\n\\r\\n"))`,
    );
    expect(lines).toEqual([
      "403 403 400 200",
      "400 400 400 400 400",
      "403 400 403 400",
      "400 400 400 400 400 400",
      "200",
      "302",
      "200",
    ]);
  });

  it("60 smuggles no second request past the check", async () => {
    const { session, requests } = await openWith();
    await using _session = session;
    allowed.seen.length = 0;
    const hidden = `GET http://${bad}/hidden HTTP/1.1\\r\\nHost: ${bad}\\r\\n\\r\\n`;
    const lines = await attack(
      session,
      `
head = "POST http://${good}/post HTTP/1.1\\r\\nHost: ${good}\\r\\n"
hidden = "${hidden}"
print(status(head + f"Content-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n" + hidden))
print(status(head + f"Transfer-Encoding: chunked\\r\\nContent-Length: {len(hidden) + 5}\\r\\n\\r\\n0\\r\\n\\r\\n" + hidden))
print(status(head + "Content-Length: 0\\r\\nContent-Length: 60\\r\\n\\r\\n" + hidden))
print(status(head + "Transfer-Encoding: xchunked\\r\\n\\r\\n0\\r\\n\\r\\n" + hidden))
print(status(head + "Transfer-Encoding : chunked\\r\\n\\r\\n0\\r\\n\\r\\n" + hidden))
print(status(head + "Content-Length: +0\\r\\n\\r\\n" + hidden))
print(status(head + "X: a\\r\\n\\tGET\\r\\nContent-Length: 0\\r\\n\\r\\n" + hidden))
print(status(head + "Content-Length: 0\\r\\n\\r\\n" + hidden))
print(status("GET http://${good}/a\\rGET /b HTTP/1.1\\r\\nHost: ${good}\\r\\n\\r\\n"))
print(status("GET http://${good}/upgrade HTTP/1.1\\r\\nHost: ${good}\\r\\nUpgrade: h2c\\r\\nConnection: Upgrade, X-Hop, close\\r\\nX-Hop: 1\\r\\n\\r\\n"))`,
    );
    // A second request that is properly one is refused by itself; everything ambiguous is refused as a whole.
    expect(lines.map((line) => line.replace(/^200 403$/, "seen and refused"))).toEqual([
      ...["400", "400", "400", "400", "400", "400"],
      expect.stringMatching(/^(400|seen and refused)$/),
      "seen and refused",
      "400",
      "200",
    ]);
    expect(
      allowed.seen.filter((line) => !line.endsWith("/post") && !line.endsWith("/upgrade")),
    ).toEqual([]);
    expect(
      requests.some((request) => request.verdict === "allowed" && request.port !== allowed.port),
    ).toBe(false);
  });

  it("61 reaches no loopback service of the host or of siblings through the proxy", async () => {
    await arena.sibling.execute(
      "import socket; service = socket.create_server(('127.0.0.1', 45678))",
    );
    const { session } = await openWith();
    await using _session = session;
    const lines = await attack(
      session,
      `
for port in (${forbidden.port}, 45678, 22, 2375, 3128):
    print({connect(f"{host}:{port}") for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "127.1.2.3", "[::ffff:127.0.0.1]")})`,
    );
    expect(lines).toEqual(Array<string>(5).fill("{'403'}"));
  });

  it("62 finds no secret of the host or of its credentials", async () => {
    const { session, requests } = await openWith({
      credentials: [{ host: good, headers: { "X-Key": "hunter2-key" }, plainHttp: true }],
    });
    await using _session = session;
    const lines = await attack(
      session,
      `
import glob
print(get("http://${good}/with-key"))
seen = [repr(dict(os.environ)).encode()]
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ") + glob.glob("/run/codeact/*"):
    try: seen.append(open(path, "rb").read())
    except OSError: pass
print(any(word in text for text in seen for word in (b"hunter2", b"PRIVATE KEY", b"X-Key")))
known = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
print([n for n in os.environ if any(w in n for w in ("KEY", "TOKEN", "SECRET", "PASSWORD")) or "@" in os.environ[n]])`,
    );
    expect(lines).toEqual(["200", "False", "[]"]);
    expect(JSON.stringify(requests)).not.toContain("hunter2");
  });

  it("cannot use up the host: connections without end, slow and huge heads, answers nobody reads", async () => {
    const { session } = await openWith();
    await using _session = session;
    const before = process.memoryUsage().rss;
    const lines = await attack(
      session,
      `
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
held = []
for _ in range(600):
    try:
        sock = socket.create_connection(("127.0.0.1", 3128), 2); sock.sendall(b"GET http://"); held.append(sock)
    except OSError: break
for sock in held: sock.close()
import time; time.sleep(0.3)
print(status("GET http://${good}/x HTTP/1.1\\r\\nHost: ${good}\\r\\nX: " + "y" * 200_000 + "\\r\\n\\r\\n"))
unread = socket.create_connection(("127.0.0.1", 3128))
unread.sendall(b"GET http://${good}/bytes?n=200000000 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
time.sleep(0.5)
print(get("http://${good}/still"))`,
    );
    expect(lines[0]).toMatch(/^(431|closed)$/);
    expect(lines[1]).toBe("200");
    // The 200 MB lie in the test's own server; what the proxy holds of them is bounded.
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 ** 2);
  });

  it("is not broken by hosts that answer nonsense, break off or never answer", async () => {
    const answers = {
      "/nonsense": "\u0000\u00ff garbage\r\n\r\n",
      "/cut": "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nfew",
      "/split":
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "/switch": "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    };
    const nonsense = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (data) => {
        const text = data.toString();
        const answer = Object.entries(answers).find(([path]) => text.includes(path));
        if (answer === undefined) socket.destroy();
        else socket.end(answer[1]);
      });
    });
    nonsense.listen(0, "127.0.0.1");
    await once(nonsense, "listening");
    const host = `127.0.0.1:${(nonsense.address() as AddressInfo).port}`;
    const { session } = await openWith({ allow: [good, host, "127.0.0.1:9"] });
    await using _session = session;
    const lines = await attack(
      session,
      `
for path in ("nonsense", "destroyed", "split", "switch"):
    print(get("http://${host}/" + path))
print(b"few" in say("GET http://${host}/cut HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n", ends=False))
print(get("http://127.0.0.1:9/"), connect("127.0.0.1:9"))
print(get("http://${good}/fine"))`,
    );
    expect(lines).toEqual(["502", "502", "502", "502", "True", "502 502", "200"]);
    nonsense.close();
  });
});
