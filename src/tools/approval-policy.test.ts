import { describe, expect, it } from "vitest";
import { isCodeActError } from "../errors.ts";
import { actionFor, parsePolicy, parseRule } from "./approval-policy.ts";

describe("a rule", () => {
  it.each([
    ["search", "search", {}, true],
    ["search", "searches", {}, false],
    ["*", "github.create_issue", {}, true],
    ["github.*", "github.create_issue", {}, true],
    ["github.*", "gitlab.create_issue", {}, false],
    ["*.delete_*", "a.delete_b", {}, true],
    ["a*a", "a", {}, false],
    ["get(path=/tmp/*)", "get", { path: "/tmp/x" }, true],
    ["get(path=/tmp/*)", "get", { path: "/etc/x" }, false],
    ["get(path=/tmp/*)", "get", {}, false],
    ["get(n=3, deep=*yes*)", "get", { n: 3, deep: { a: "yes" } }, true],
    ["get(url=https://a.example/?q=1)", "get", { url: "https://a.example/?q=1" }, true],
    ["get(constructor=*)", "get", {}, false],
  ])("%s for %s(%j): %s", (text, tool, input, expected) => {
    const policy = { rules: [parseRule("deny", text)] };
    expect(actionFor(policy, tool, input)).toBe(expected ? "deny" : undefined);
  });

  it.each(["", "a b", "f(", "f(x)", "f(=1)", "f()"])("cannot be %j", (text) => {
    expect(() => parseRule("allow", text)).toThrow(
      expect.toSatisfy((error) => isCodeActError(error, "invalid_input")),
    );
  });

  it("takes time that grows with the text, not more", () => {
    const policy = { rules: [{ action: "deny", tool: "*a".repeat(50) + "b" }] } as const;
    expect(actionFor(policy, "a".repeat(100_000), {})).toBeUndefined();
  });

  it.each([
    ["allow", { url: "https://api.example.com/x" }, true],
    ["allow", { url: "https://API.example.com:8443" }, true],
    ["allow", { urls: ["https://a.example.com", "https://evil.org"] }, false],
    ["allow", { url: "https://example.com.evil.org" }, false],
    ["allow", { url: "https://api.example.com@evil.org" }, false],
    ["allow", { text: "api.example.com" }, false],
    ["deny", { urls: ["https://a.example.com", "https://evil.org"] }, true],
    ["deny", { nested: { url: "http://x.example.com" } }, true],
    ["deny", { url: "https://evil.org" }, false],
  ] as const)("with a host can %s %j: %s", (action, input, expected) => {
    const policy = { rules: [{ action, host: "*.example.com" }] };
    expect(actionFor(policy, "fetch", input)).toBe(expected ? action : undefined);
  });
});

describe("a policy", () => {
  it("is decided by the first rule that matches, then by its default", () => {
    const policy = parsePolicy({
      rules: [
        { action: "allow", tool: "a.get" },
        { action: "ask", tool: "a.*" },
      ],
      default: "deny",
    });
    expect(["a.get", "a.put", "b.get"].map((tool) => actionFor(policy, tool, {}))).toEqual([
      "allow",
      "ask",
      "deny",
    ]);
  });

  it("is refused with what is wrong", () => {
    expect(() => parsePolicy({ rules: [{ action: "maybe" }], defaults: "ask" })).toThrow(
      /The approval policy is not valid[^]*defaults[^]*rules\[0\]\.action/,
    );
  });
});
