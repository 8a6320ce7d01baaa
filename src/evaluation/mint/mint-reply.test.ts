import { describe, expect, it } from "vitest";
import { readMintReply } from "./mint-reply.ts";

describe("readMintReply", () => {
  it("joins several cells by a newline", () => {
    const reply = "<thought> a </thought><execute> x = 1 </execute> then <execute>\nx\n</execute>";
    expect(readMintReply(reply)).toEqual({ kind: "cell", code: " x = 1 \n\nx\n" });
  });

  it("takes a solution for a proposal, whatever else there is", () => {
    const reply = "<execute>1</execute> <solution> 2 </solution>";
    expect(readMintReply(reply)).toEqual({ kind: "proposal", answer: " 2 " });
  });

  it.each([
    ["no tag", "I think it is 4.", false],
    ["a cell without its end", "<execute>\nx = 1", false],
    ["a solution without its end, beside a cell", "<execute>1</execute> <solution> 2", true],
  ])("takes %s for malformed", (_, reply, isProposal) => {
    expect(readMintReply(reply)).toEqual({ kind: "malformed", isProposal });
  });

  it("leaves out a last cell without its end", () => {
    const reply = "<execute>1</execute> and <execute>2";
    expect(readMintReply(reply)).toEqual({ kind: "cell", code: "1" });
  });
});
