import { createHash, timingSafeEqual } from "node:crypto";

/** Finds the owner of a key. */
export interface ServerKeys {
  /** Who sends this `Authorization` header; undefined for nobody that is known. Without keys everybody is one. */
  ownerOf(authorization: string | undefined): string | undefined;
}

/** Makes the keys of a server; an empty list lets everybody in. Keys are compared in constant time. */
export function createServerKeys(keys: readonly string[]): ServerKeys {
  const digests = keys.map(digest);
  return {
    ownerOf(authorization) {
      if (digests.length === 0) return "everybody";
      const key = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
      if (key === undefined) return undefined;
      const given = digest(key);
      const matches = digests.filter((own) => timingSafeEqual(own, given));
      return matches[0]?.toString("base64url");
    },
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
