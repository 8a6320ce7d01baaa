import type { Session } from "../../execution/session.ts";
import type { ImagePart } from "../../models/model.ts";

const maxImages = 16;
const maxBase64Characters = 20 * 1024 ** 2;
const fileName = /^[^\0]{1,400}\.(png|jpe?g|gif|webp)$/i;

/** The first bytes of each kind of picture, in base64. */
const beginnings = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
] as const;

/** Reads pictures that code has named: files of its workspace, or bytes in base64. Throws a sentence. */
export async function readImages(
  images: readonly string[],
  session: Session,
): Promise<readonly ImagePart[]> {
  if (images.length > maxImages) throw new Error(`images: at most ${maxImages} at a time`);
  return await Promise.all(images.map((image, index) => readImage(image, index, session)));
}

async function readImage(image: string, index: number, session: Session): Promise<ImagePart> {
  const data = fileName.test(image) ? await readFile(image, session) : image;
  const mediaType = beginnings.find(([beginning]) => data.startsWith(beginning))?.[1];
  if (mediaType === undefined) {
    throw new Error(`images[${index}]: neither a file of the workspace nor PNG, JPEG, GIF or WebP`);
  }
  if (data.length > maxBase64Characters) throw new Error(`images[${index}]: too large`);
  return { type: "image", mediaType, data };
}

async function readFile(path: string, session: Session): Promise<string> {
  if (session.files === undefined) throw new Error("images: this session has no files");
  return Buffer.from(await session.files.read(path)).toString("base64");
}
