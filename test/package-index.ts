import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";

export interface PackageIndex extends AsyncDisposable {
  readonly port: number;
  /** What pip asked for. */
  readonly seen: string[];
}

/** Starts a package index on loopback that offers wheels of one module each: `name` to the versions of it. */
export async function startPackageIndex(
  packages: Readonly<Record<string, readonly string[]>>,
): Promise<PackageIndex> {
  const seen: string[] = [];
  const wheels = new Map<string, Buffer>();
  const pages = new Map<string, string>();
  for (const [name, versions] of Object.entries(packages)) {
    const links = versions.map((version) => {
      const file = `${name}-${version}-py3-none-any.whl`;
      const wheel = makeWheel(name, version);
      wheels.set(`/files/${file}`, wheel);
      const hash = createHash("sha256").update(wheel).digest("hex");
      return `<a href="/files/${file}#sha256=${hash}">${file}</a>`;
    });
    pages.set(`/simple/${name}/`, `<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`);
  }
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    seen.push(path);
    const page = pages.get(path);
    if (page !== undefined) response.setHeader("content-type", "text/html");
    response.writeHead(page === undefined && !wheels.has(path) ? 404 : 200);
    response.end(page ?? wheels.get(path) ?? "no such package");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function makeWheel(name: string, version: string): Buffer {
  const info = `${name}-${version}.dist-info`;
  const files = {
    [`${name}.py`]: `version = "${version}"\ndef main():\n    print("${name} " + version)\n`,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]:
      "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/entry_points.txt`]: `[console_scripts]\n${name} = ${name}:main\n`,
  };
  const record = Object.keys(files).map((path) => `${path},,\n`);
  return zipOf({ ...files, [`${info}/RECORD`]: `${record.join("")}${info}/RECORD,,\n` });
}

/** Makes a ZIP archive without compression. Names are taken as they are, so that tests can make hostile ones. */
export function zipOf(
  files: Readonly<Record<string, string | Buffer>>,
  unixMode: number = 0o100_644,
): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const data = Buffer.from(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x800, 2); // names are UTF-8
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), common, name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((unixMode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from("PK\u0001\u0002\u0014\u0003"), common, tail, name]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(central.length, 4);
  end.writeUInt16LE(central.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from("PK\u0005\u0006"), end]);
}
