import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...globSync("docs/**/*.md", { cwd: fileURLToPath(root) }),
];

/** What a page shows, without its code. */
function proseOf(page: string): string {
  return read(page)
    .replaceAll(/^```.*?^```/gms, "")
    .replaceAll(/`[^`\n]*`/g, "");
}

function read(page: string): string {
  return readFileSync(new URL(page, root), "utf8");
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): readonly string[] {
  const headings = read(page)
    .replaceAll(/^```.*?^```/gms, "")
    .matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the documents", () => {
  it.each(pages)("%s links to pages and headings that are there", (page) => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const target = new URL(link, new URL(page, root));
      const path = fileURLToPath(new URL(target.pathname, root));
      if (!existsSync(path)) return true;
      const anchor = decodeURIComponent(target.hash.slice(1));
      const file = target.pathname.slice(root.pathname.length);
      return anchor !== "" && !anchorsOf(file).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(pages)("%s holds no marks of a merge", (page) => {
    expect(read(page)).not.toMatch(/^(<{7}|={7}$|>{7}|(> ){6})/m);
  });

  it("are all named in the README or in a page that it names", () => {
    const named = new Set(["README.md"]);
    for (const page of named) {
      for (const [, link = ""] of proseOf(page).matchAll(/\]\(([^)\s#]+)/g)) {
        const { pathname } = new URL(link, new URL(page, root));
        const path = pathname.slice(root.pathname.length);
        if (path.endsWith(".md") && existsSync(new URL(path, root))) named.add(path);
      }
    }
    expect(pages.filter((page) => !named.has(page))).toEqual([]);
  });
});
