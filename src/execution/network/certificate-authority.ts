import { generateKeyPair, randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import { promisify } from "node:util";

/** Issues certificates that one session alone trusts. Its key never leaves this process. */
export interface CertificateAuthority {
  /** Its own certificate, in PEM. */
  readonly certificate: string;
  /** What a server needs to be taken for `host`, in PEM. */
  issue(host: string): { readonly key: string; readonly cert: string };
  /** The same, ready for use; made once for each host. */
  contextFor(host: string): SecureContext;
}

const validDays = 30;
/** The clock of a guest is that of the host, but libraries are picky about certificates of this very second. */
const backdatedMs = 3_600_000;

/** Makes an authority with a fresh key. */
export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  // Only sessions with credentials need it.
  const { default: forge } = await import("node-forge");
  const { pki, md } = forge;
  const generate = promisify(generateKeyPair);
  const makeKeys = async () => {
    const { privateKey, publicKey } = await generate("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
    return {
      pem: privateKey,
      privateKey: pki.privateKeyFromPem(privateKey),
      publicKey: pki.publicKeyFromPem(publicKey),
    };
  };
  const [own, leaf] = await Promise.all([makeKeys(), makeKeys()]);
  const issuer = [{ name: "commonName", value: "codeact session" }];

  function makeCertificate(
    subject: typeof issuer,
    publicKey: typeof own.publicKey,
    extensions: object[],
  ) {
    const certificate = pki.createCertificate();
    certificate.publicKey = publicKey;
    // A first byte below 0x80 keeps the number positive.
    certificate.serialNumber = `01${randomBytes(15).toString("hex")}`;
    certificate.validity.notBefore = new Date(Date.now() - backdatedMs);
    certificate.validity.notAfter = new Date(Date.now() + validDays * 86_400_000);
    certificate.setSubject(subject);
    certificate.setIssuer(issuer);
    certificate.setExtensions(extensions);
    certificate.sign(own.privateKey, md.sha256.create());
    return certificate;
  }

  const certificate = makeCertificate(issuer, own.publicKey, [
    { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
    { name: "keyUsage", keyCertSign: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  const pem = pki.certificateToPem(certificate);
  const contexts = new Map<string, SecureContext>();

  function issue(host: string) {
    const name = isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
    const subject = [{ name: "commonName", value: host.slice(0, 64) }];
    const issued = makeCertificate(subject, leaf.publicKey, [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [name] },
      {
        name: "authorityKeyIdentifier",
        keyIdentifier: certificate.generateSubjectKeyIdentifier().getBytes(),
      },
    ]);
    return { key: leaf.pem, cert: pki.certificateToPem(issued) + pem };
  }

  return {
    certificate: pem,
    issue,
    contextFor(host) {
      const context = contexts.get(host) ?? createSecureContext(issue(host));
      contexts.set(host, context);
      return context;
    },
  };
}
