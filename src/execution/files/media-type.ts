import { extname } from "node:path";

const byExtension: Readonly<Record<string, string>> = {
  ...{ csv: "text/csv", tsv: "text/tab-separated-values", txt: "text/plain", log: "text/plain" },
  ...{ md: "text/markdown", html: "text/html", htm: "text/html", css: "text/css", xml: "text/xml" },
  ...{
    py: "text/x-python",
    js: "text/javascript",
    ts: "text/typescript",
    sh: "text/x-shellscript",
  },
  ...{ json: "application/json", jsonl: "application/jsonl", geojson: "application/geo+json" },
  ...{ yaml: "application/yaml", yml: "application/yaml", toml: "application/toml" },
  ...{ ipynb: "application/x-ipynb+json", pdf: "application/pdf", sql: "application/sql" },
  ...{ png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif" },
  ...{ webp: "image/webp", svg: "image/svg+xml", bmp: "image/bmp", tiff: "image/tiff" },
  ...{
    mp3: "audio/mpeg",
    wav: "audio/wav",
    ogg: "audio/ogg",
    mp4: "video/mp4",
    webm: "video/webm",
  },
  ...{ zip: "application/zip", gz: "application/gzip", tar: "application/x-tar" },
  ...{ parquet: "application/vnd.apache.parquet", feather: "application/vnd.apache.arrow.file" },
  ...{
    sqlite: "application/vnd.sqlite3",
    db: "application/vnd.sqlite3",
    xls: "application/vnd.ms-excel",
  },
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
};

/** The media type that a file's name promises; `application/octet-stream` when it promises nothing. */
export function mediaTypeOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase();
  const known = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
  return known ?? "application/octet-stream";
}
