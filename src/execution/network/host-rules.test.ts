import { describe, expect, it } from "vitest";
import { isCodeActError } from "../../errors.ts";
import { isPublicAddress } from "./addresses.ts";
import { normalizeHost, parseAuthority } from "./host-name.ts";
import { checkRules, parseHostRules } from "./host-rules.ts";

describe("normalizeHost", () => {
  it.each([
    ["Example.COM.", "example.com"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["169.254.169.254", "169.254.169.254"],
    ["2852039166", "169.254.169.254"],
    ["0xa9fea9fe", "169.254.169.254"],
    ["0251.0376.0251.0376", "169.254.169.254"],
    ["169.254.43518", "169.254.169.254"],
    ["169.254.169.254.", "169.254.169.254"],
    ["１６９.254.169.254", "169.254.169.254"],
    ["%31%32%37.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
    ["::FFFF:127.0.0.1", "::ffff:7f00:1"],
    ["fd00:ec2:0:0::254", "fd00:ec2::254"],
  ])("reads %s as %s", (host, expected) => {
    expect(normalizeHost(host)).toBe(expected);
  });

  it.each([
    ...[
      "",
      "a b",
      "a/b",
      "user@host",
      "a?b",
      "a#b",
      "a\\b",
      "a:80",
      "..",
      "a..b",
      "1.2.3.4.5",
      "[::1",
    ],
    ...["fe80::1%eth0", "-a.example", "a\0b", "x".repeat(64), `${"abc.".repeat(70)}de`, "[::1]:80"],
  ])("takes %j for no host", (host) => {
    expect(normalizeHost(host)).toBeUndefined();
  });

  it("splits what CONNECT names", () => {
    expect(parseAuthority("Example.com:443")).toEqual({ host: "example.com", port: 443 });
    expect(parseAuthority("[::1]:8080")).toEqual({ host: "::1", port: 8080 });
    for (const text of ["example.com", "example.com:0", "example.com:99999", "a:1:2", "a@b:443"]) {
      expect(parseAuthority(text)).toBeUndefined();
    }
  });
});

describe("rules", () => {
  const rules = [
    ...parseHostRules(["pypi.org", "api.example.com:8443", "*.example.org", "127.0.0.1:8080"]),
    ...parseHostRules(["intranet:*", "[::1]:9000"], true),
  ];
  const verdict = (host: string, port: number) => {
    const found = checkRules(rules, host, port);
    return found.allowed ? (found.isPrivate ? "private" : "public") : "refused";
  };

  it.each([
    ["pypi.org", 443, "public"],
    ["pypi.org", 80, "public"],
    ["pypi.org", 22, "refused"],
    ["evil-pypi.org", 443, "refused"],
    ["pypi.org.evil.example", 443, "refused"],
    ["api.example.com", 8443, "public"],
    ["api.example.com", 443, "refused"],
    ["a.example.org", 443, "public"],
    ["a.b.example.org", 443, "public"],
    ["example.org", 443, "refused"],
    ["evilexample.org", 443, "refused"],
    ["127.0.0.1", 8080, "private"],
    ["127.0.0.1", 80, "refused"],
    ["127.0.0.2", 8080, "refused"],
    ["intranet", 5432, "private"],
    ["::1", 9000, "private"],
  ])("%s:%i is %s", (host, port, expected) => {
    expect(verdict(host, port)).toBe(expected);
  });

  it("says how to allow what it refuses", () => {
    expect(checkRules(rules, "other.example", 443)).toEqual({
      allowed: false,
      reason:
        "other.example:443 is not among the hosts that this session may reach; to allow it: --allow-net other.example",
    });
    expect(checkRules(rules, "pypi.org", 8443)).toEqual({
      allowed: false,
      reason:
        "pypi.org:8443 is not among the hosts that this session may reach; to allow it: --allow-net pypi.org:8443",
    });
  });

  it.each([
    "https://pypi.org",
    "pypi.org/simple",
    "",
    "a b",
    "*.1.2.3.4",
    "pypi.org:0",
    "p:99999",
    "**.a",
  ])("refuses the entry %j", (entry) => {
    expect(() => parseHostRules([entry])).toThrow(
      expect.toSatisfy((error) => isCodeActError(error, "invalid_input")),
    );
  });
});

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "1.1.1.1", "172.15.0.1", "100.63.0.1", "2606:4700::1111", "2a00:1450::1"])(
    "takes %s",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  it.each([
    ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.1.2.3", "169.254.169.254"],
    ...["172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"],
    ...["255.255.255.255", "::", "::1", "::ffff:8.8.8.8", "::ffff:7f00:1", "64:ff9b::a00:1"],
    ...["fd00:ec2::254", "fe80::1", "ff02::1", "2002:7f00:1::", "2001:0:1::", "no address"],
  ])("refuses %s", (address) => expect(isPublicAddress(address)).toBe(false));
});
