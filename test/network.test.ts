import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { isCodeActError } from "../src/errors.ts";
import { streamText } from "../src/execution/conformance/conformance-case.ts";
import { createCertificateAuthority } from "../src/execution/network/certificate-authority.ts";
import type { NetworkOptions, NetworkRequest } from "../src/execution/network/network.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";
import type { Session } from "../src/execution/session.ts";
import { startWebServer } from "./local-web-server.ts";

const runtime = await createSandboxRuntime({ preload: [] });
const server = await startWebServer();
const { port } = server;
const base = `http://127.0.0.1:${port}`;
const allow = [`127.0.0.1:${port}`];
const hasRequests = await knowsModule("requests");
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

afterAll(async () => {
  await runtime.close();
  await server[Symbol.asyncDispose]();
});

async function knowsModule(name: string): Promise<boolean> {
  await using session = await runtime.open();
  return (await session.execute(`import ${name}`)).status === "ok";
}

/** What the code prints, with NO_PROXY out of the way: the servers of these tests are on loopback. */
async function printed(session: Session, code: string): Promise<string> {
  const outcome = await session.execute(
    `import os; os.environ["NO_PROXY"] = os.environ["no_proxy"] = ""\n${code}`,
  );
  return streamText(outcome) + (outcome.error === undefined ? "" : `${outcome.error.message}\n`);
}

function recorded(network: Omit<NetworkOptions, "onRequest">) {
  const requests: NetworkRequest[] = [];
  const lines = () =>
    requests.map(
      ({ verdict, state, method, host, port, path, status }) =>
        `${verdict} ${state} ${method} ${host}:${port}${path ?? ""} ${status}`,
    );
  const onRequest = (request: NetworkRequest): void => void requests.push(request);
  return { requests, lines, network: { ...network, onRequest } };
}

describe("a session with network", () => {
  it("reaches a service of the host under the name that was allowed, and its own under the others", async () => {
    await using session = await runtime.open({
      network: { allow: [], allowPrivate: [`localhost:${port}`] },
    });
    const outcome = await session.execute(`
import http.server, json, threading, urllib.request
own = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=own.serve_forever, daemon=True).start()
print(json.load(urllib.request.urlopen("http://localhost:${port}/outside"))["url"])
print(urllib.request.urlopen(f"http://127.0.0.1:{own.server_port}/").status)
own.shutdown()`);
    expect(streamText(outcome)).toBe("/outside\n200\n");
  });

  it("fetches from an allowed host, is refused another, and tells of both", async () => {
    const { requests, network } = recorded({ allow });
    await using session = await runtime.open({ network });
    const during: NetworkRequest[] = [];
    const outcome = await session.execute(
      `
import json, os, urllib.request, urllib.error
os.environ["no_proxy"] = os.environ["NO_PROXY"] = ""
answer = json.load(urllib.request.urlopen("${base}/page?q=1"))
print(answer["method"], answer["url"], answer["headers"]["host"], "proxy-connection" in answer["headers"])
for url in ("http://other.example/", "https://other.example/"):
    try:
        urllib.request.urlopen(url)
    except urllib.error.URLError as error:
        print(error)`,
      { onNetwork: (request) => during.push(request) },
    );
    expect(streamText(outcome)).toBe(
      `GET /page?q=1 127.0.0.1:${port} False
HTTP Error 403: other.example:80 is not among the hosts that this session may reach; to allow it: --allow-net other.example
<urlopen error Tunnel connection failed: 403 other.example:443 is not among the hosts that this session may reach; to allow it: --allow-net other.example>
`,
    );
    const refused = {
      ...{ verdict: "refused", state: "ended", host: "other.example", status: 403 },
      ...{ sentBytes: 0, receivedBytes: 0, reason: expect.stringContaining("--allow-net") },
    };
    expect(requests).toEqual([
      {
        ...{ id: 1, verdict: "allowed", state: "ended", method: "GET", host: "127.0.0.1", port },
        ...{ path: "/page?q=1", address: "127.0.0.1", status: 200 },
        ...{ sentBytes: expect.any(Number), receivedBytes: expect.any(Number) },
      },
      { ...refused, id: 2, method: "GET", port: 80, path: "/" },
      { ...refused, id: 3, method: "CONNECT", port: 443 },
    ]);
    expect(during).toEqual(requests);
  });

  it("has no network without the option, and pays nothing for it", async () => {
    await using session = await runtime.open();
    expect(
      await printed(
        session,
        `
import socket
print([name for name in os.environ if "proxy" in name.lower() or "CERT" in name], os.listdir("/run/codeact"))
print(len([p for p in os.listdir("/proc") if p.isdigit()]))
try: socket.create_connection(("127.0.0.1", 3128))
except OSError as error: print(error)`,
      ),
    ).toBe("['NO_PROXY', 'no_proxy'] ['branches']\n2\n[Errno 111] Connection refused\n");
  });

  it("sends bodies both ways, with a length and in chunks", async () => {
    await using session = await runtime.open({ network: { allow } });
    expect(
      await printed(
        session,
        `
import json, http.client
def send(body, **options):
    proxy = http.client.HTTPConnection("127.0.0.1", 3128)
    proxy.request("PUT", "${base}/up", body, **options)
    return json.load(proxy.getresponse())
print(send(b"x" * 3_000_000)["bodyBytes"])
chunked = send(iter([b"y" * 70_000] * 5), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
print(chunked["bodyBytes"], chunked["headers"].get("content-length"))
proxy = http.client.HTTPConnection("127.0.0.1", 3128)
for size in (5_000_000, 3):
    proxy.request("GET", f"${base}/bytes?n={size}")
    print(len(proxy.getresponse().read()))
proxy.request("HEAD", "${base}/bytes?n=9")
response = proxy.getresponse()
print(response.status, response.getheader("content-length"), response.read())`,
      ),
    ).toBe("3000000\n350000 None\n5000000\n3\n200 9 b''\n");
  });

  it("survives crashes, restores and the attempts of code to end its forwarder", async () => {
    await using session = await runtime.open({ network: { allow } });
    const look = `
import json, urllib.request
print(json.load(urllib.request.urlopen("${base}/again"))["url"])`;
    const checkpoint = await session.checkpoint?.();
    expect(await printed(session, look)).toBe("/again\n");
    expect((await session.execute("import os; os._exit(3)")).state).toBe("rolled-back");
    expect(await printed(session, look)).toBe("/again\n");
    if (checkpoint !== undefined) await session.restore?.(checkpoint);
    expect(await printed(session, look)).toBe("/again\n");
    await session.execute(`
import os, signal
for pid in [int(p) for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]:
    try: os.kill(pid, signal.SIGKILL)
    except OSError: pass`);
    expect(await printed(session, look)).toBe("/again\n");
  });

  it("is shared by forks, also after the session itself is closed", async () => {
    const { lines, network } = recorded({ allow });
    const session = await runtime.open({ network });
    await using fork = (await session.fork?.()) ?? expect.fail("no fork");
    const look = (name: string) => `
import urllib.request
print(urllib.request.urlopen("${base}/${name}").status)`;
    expect(await printed(fork, look("fork"))).toBe("200\n");
    await session.close();
    expect(await printed(fork, look("later"))).toBe("200\n");
    expect(lines()).toEqual([
      `allowed ended GET 127.0.0.1:${port}/fork 200`,
      `allowed ended GET 127.0.0.1:${port}/later 200`,
    ]);
  });

  it.skipIf(!hasRequests)(
    "serves requests, keep-alive and redirects, each hop checked",
    async () => {
      const { lines, network } = recorded({ allow });
      await using session = await runtime.open({ network });
      expect(
        await printed(
          session,
          `
import requests
with requests.Session() as web:
    print([web.get("${base}/%d" % n).json()["url"] for n in range(2)])
    print(web.get("${base}/redirect?to=/there").json()["url"])
    away = web.get("${base}/redirect?to=http://169.254.169.254/latest/meta-data/")
    print(away.status_code, away.text)
try: requests.get("https://pypi.org/")
except requests.exceptions.ProxyError as error: print("--allow-net pypi.org" in str(error))`,
        ),
      ).toBe(
        `['/0', '/1']
/there
403 169.254.169.254:80 is not among the hosts that this session may reach; to allow it: --allow-net 169.254.169.254.

True
`,
      );
      expect(lines().slice(3)).toEqual([
        `allowed ended GET 127.0.0.1:${port}/there 200`,
        expect.stringContaining("302"),
        "refused ended GET 169.254.169.254:80/latest/meta-data/ 403",
        "refused ended CONNECT pypi.org:443 403",
      ]);
    },
  );

  it.skipIf(!hasCurl)("serves curl, over HTTP, a tunnel and SOCKS", async () => {
    const { lines, network } = recorded({ allow });
    await using session = await runtime.open({ network });
    expect(
      await printed(
        session,
        `
import subprocess
for options in ("", "--proxytunnel", "--socks5-hostname 127.0.0.1:3128", "--socks5 127.0.0.1:3128"):
    print(subprocess.getoutput(f"curl -sS -o /dev/null -w '%{{http_code}}' {options} ${base}/c"))
print(subprocess.getoutput("curl -sS --socks5-hostname 127.0.0.1:3128 http://other.example/"))`,
      ),
    ).toMatch(/^200\n200\n200\n200\ncurl: \(97\) .*\n$/);
    const tunnel = (method: string) => [
      `allowed open ${method} 127.0.0.1:${port} 200`,
      `allowed ended ${method} 127.0.0.1:${port} 200`,
    ];
    const expected = [
      `allowed ended GET 127.0.0.1:${port}/c 200`,
      ...[...tunnel("CONNECT"), ...tunnel("SOCKS"), ...tunnel("SOCKS")],
      "refused ended SOCKS other.example:80 403",
    ];
    // A tunnel may end after curl, and so after the next one has opened.
    expect(lines().toSorted()).toEqual(expected.toSorted());
  });

  it("is told to be missing, or to need the proxy, where code fails without it", async () => {
    const direct = `
import urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://pypi.org/")`;
    await using without = await runtime.open();
    expect((await without.execute(direct)).error?.hint).toBe(
      "this session has no network; whoever runs it can allow hosts",
    );
    await using session = await runtime.open({ network: { allow } });
    expect((await session.execute(direct)).error?.hint).toBe(
      "the network is reached only through the proxy that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name",
    );
  });

  it("is refused by the bare runtime, which could not keep it", async () => {
    await using bare = createBareRuntime();
    await expect(bare.open({ network: { allow } })).rejects.toSatisfy((error) =>
      isCodeActError(error, "not_supported"),
    );
  });

  it("refuses entries that make no sense before anything is opened", async () => {
    await expect(runtime.open({ network: { allow: ["https://x.example/"] } })).rejects.toSatisfy(
      (error) => isCodeActError(error, "invalid_input"),
    );
  });
});

describe("credentials", () => {
  it("are added on the host, over TLS that only the session trusts", async () => {
    const authority = await createCertificateAuthority();
    const tls = authority.issue("api.example");
    await using secure = await startWebServer({ tls });
    const host = `api.example:${secure.port}`;
    const { lines, requests, network } = recorded({
      ...{
        allow,
        allowPrivate: [host, `127.0.0.1:${secure.port}`],
        certificates: authority.certificate,
      },
      credentials: [{ host, headers: { Authorization: "Bearer of-the-host" } }],
      lookup: async () => [{ address: "127.0.0.1", family: 4 }],
    });
    await using session = await runtime.open({ network });
    const text = await printed(
      session,
      `
import json, urllib.request, urllib.error, ssl
request = urllib.request.Request("https://${host}/me", headers={"authorization": "Bearer of-the-code"})
answer = json.load(urllib.request.urlopen(request))
print(answer["url"], answer["headers"]["host"] == "${host}")
open("seen.json", "w").write(json.dumps(answer["headers"]))
try: urllib.request.urlopen("https://127.0.0.1:${secure.port}/")
except urllib.error.URLError as error: print(type(error.reason).__name__)
print("of-the-host" in repr(dict(os.environ)) or any(b"of-the-host" in open(f"/proc/{p}/environ", "rb").read()
      for p in ("self", os.getppid()) if os.access(f"/proc/{p}/environ", os.R_OK)))`,
    );
    // The certificate of a host without credentials is its own: the tunnel is not touched.
    expect(text).toBe("/me True\nSSLCertVerificationError\nFalse\n");
    const headers = JSON.parse(
      Buffer.from((await session.files?.read("seen.json")) ?? []).toString(),
    ) as Record<string, string>;
    expect(headers["authorization"]).toBe("Bearer of-the-host");
    expect(lines().at(0)).toBe(`allowed ended GET ${host}/me 200`);
    expect(JSON.stringify(requests)).not.toContain("of-the-host");
  });

  it("stay away from plain HTTP, and from other hosts", async () => {
    const secret = { Authorization: "Bearer of-the-host" };
    for (const [plainHttp, expected] of [
      [false, "None\n"],
      [true, "Bearer of-the-host\n"],
    ] as const) {
      await using session = await runtime.open({
        network: {
          allow,
          credentials: [{ host: `127.0.0.1:${port}`, headers: secret, plainHttp }],
        },
      });
      const code = `
import json, urllib.request
print(json.load(urllib.request.urlopen("${base}/"))["headers"].get("authorization"))`;
      expect(await printed(session, code)).toBe(expected);
    }
  });
});
