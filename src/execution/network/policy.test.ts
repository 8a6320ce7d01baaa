import { expect, it } from "vitest";
import { createNetworkPolicy } from "./policy.ts";

const of = (...addresses: string[]) =>
  addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

it("resolves a name once, so that it cannot lead elsewhere later", async () => {
  const answers = [of("93.184.215.14"), of("127.0.0.1")];
  const asked: string[] = [];
  const policy = createNetworkPolicy({
    allow: ["rebinding.example"],
    lookup: async (name) => {
      asked.push(name);
      return answers.shift() ?? [];
    },
  });
  const target = { host: "rebinding.example", port: 443 };
  const expected = { verdict: "allowed", addresses: of("93.184.215.14") };
  expect(await policy.decide(target)).toEqual(expected);
  expect(await policy.decide({ ...target, port: 80 })).toEqual(expected);
  expect(asked).toEqual(["rebinding.example"]);
});

it("leaves private addresses of an allowed name out, and refuses a name with nothing else", async () => {
  const policy = createNetworkPolicy({
    allow: ["mixed.example", "inside.example"],
    lookup: async (name) =>
      name === "mixed.example" ? of("10.0.0.1", "93.184.215.14", "::1") : of("169.254.169.254"),
  });
  expect(await policy.decide({ host: "mixed.example", port: 443 })).toEqual({
    verdict: "allowed",
    addresses: of("93.184.215.14"),
  });
  expect(await policy.decide({ host: "inside.example", port: 443 })).toEqual({
    verdict: "refused",
    reason:
      "inside.example leads to a private address; to allow that: --allow-private-net inside.example:443",
  });
});

it("allows private addresses where they are meant", async () => {
  const policy = createNetworkPolicy({
    allow: ["10.0.0.7:5000", "localhost:8080"],
    allowPrivate: ["intranet.example"],
    lookup: async (name) => of(name === "localhost" ? "127.0.0.1" : "10.0.0.1"),
  });
  for (const target of [
    { host: "10.0.0.7", port: 5000 },
    { host: "localhost", port: 8080 },
    { host: "intranet.example", port: 443 },
  ]) {
    expect((await policy.decide(target)).verdict).toBe("allowed");
  }
  expect((await policy.decide({ host: "10.0.0.1", port: 443 })).verdict).toBe("refused");
});

it("asks again for a name that was not known", async () => {
  let known = false;
  const policy = createNetworkPolicy({
    allow: ["late.example"],
    lookup: async () => {
      if (!known) throw new Error("ENOTFOUND");
      return of("93.184.215.14");
    },
  });
  const target = { host: "late.example", port: 443 };
  expect(await policy.decide(target)).toEqual({
    verdict: "failed",
    reason: "The name late.example is not known",
  });
  known = true;
  expect((await policy.decide(target)).verdict).toBe("allowed");
});

it("takes credentials for hosts that are allowed, and for no others", () => {
  const headers = { authorization: "Bearer secret" };
  const policy = createNetworkPolicy({
    allow: ["api.example.com", "other.example:8443"],
    credentials: [
      { host: "API.example.com", headers },
      { host: "other.example:8443", headers },
    ],
  });
  expect(policy.credentialsFor({ host: "api.example.com", port: 443 })?.headers).toBe(headers);
  expect(policy.credentialsFor({ host: "other.example", port: 8443 })?.headers).toBe(headers);
  expect(policy.credentialsFor({ host: "api.example.com", port: 80 })).toBeUndefined();
  expect(() =>
    createNetworkPolicy({ allow: ["a.example"], credentials: [{ host: "b.example", headers }] }),
  ).toThrow("There are credentials for b.example, which is not an allowed host.");
});
