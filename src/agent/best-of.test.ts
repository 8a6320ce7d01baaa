import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runs, says, scripted } from "../../test/scripted-conversation.ts";
import type { Runtime } from "../execution/runtime.ts";
import { createSandboxRuntime } from "../execution/runtimes/sandbox-runtime.ts";
import type { Session } from "../execution/session.ts";
import { messageText } from "../models/model.ts";
import type { Model, ModelEvent, ModelRequest } from "../models/model.ts";
import { CodeActError } from "../errors.ts";
import { createAgent } from "./agent.ts";
import { bestOf } from "./best-of.ts";
import type { Candidate } from "./best-of.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createSandboxRuntime();
});
afterAll(() => runtime.close());

/** A model that replies by the seed, which tells the branches apart; the replies of each come in order. */
function branching(
  replies: Readonly<Record<string, readonly (readonly ModelEvent[])[]>>,
): Model & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  const next: Record<string, number> = {};
  return {
    id: "branching",
    capabilities: { images: false },
    requests,
    async *stream(request) {
      requests.push(request);
      const branch = String(request.seed ?? "main");
      const at = (next[branch] = (next[branch] ?? -1) + 1);
      const reply = replies[branch]?.[at];
      if (reply === undefined) throw new Error(`no reply ${at} for ${branch}`);
      yield* reply;
    },
  };
}

async function read(session: Session | undefined, code: string): Promise<string | undefined> {
  const outcome = await session!.execute(code);
  return outcome.outputs.find((output) => output.type === "value")?.data["text/plain"];
}

describe("a fork of an agent", () => {
  it("goes on from the same conversation, variables and files, and shares nothing", async () => {
    const model = scripted(
      runs("x = [1]\nopen('f.txt', 'w').write('a');"),
      says("Done."),
      runs("x.append(2)\nopen('f.txt', 'w').write('b');"),
      says("Changed."),
    );
    await using agent = createAgent({ model, runtime });
    await agent.run("make").result;
    await using fork = await agent.fork();
    expect(await fork.run("change").result).toMatchObject({ answer: "Changed." });
    const look = "x, open('f.txt').read()";
    expect(await read(agent.session, look)).toBe("([1], 'a')");
    expect(await read(fork.session, look)).toBe("([1, 2], 'b')");
    expect(agent.messages).toHaveLength(5);
    expect(fork.messages).toHaveLength(9);
    await agent.adopt(fork);
    expect(await read(agent.session, look)).toBe("([1, 2], 'b')");
    expect(agent.messages).toHaveLength(9);
    expect(() => fork.run("more")).toThrow(/was closed/);
    await expect(agent.adopt(fork)).rejects.toThrow(/Only a fork/);
  });
});

describe("forks of an agent that has no session yet", () => {
  /** The runtime, with a count of its sessions that are open. */
  function counting(): Runtime & { open: Runtime["open"]; readonly count: () => number } {
    const open = new Set<Session>();
    return {
      ...runtime,
      count: () => open.size,
      async open(options) {
        const session = await runtime.open(options);
        open.add(session);
        const close = async (): Promise<void> => {
          open.delete(session);
          await session.close();
        };
        return Object.assign(Object.create(session) as Session, { close });
      },
    };
  }

  it("share the one that is opened for them, and no run may start meanwhile", async () => {
    const counted = counting();
    const model = scripted(runs("x = 1"), says("Done."));
    const agent = createAgent({ model, runtime: counted });
    const making = Promise.all([agent.fork(), agent.fork()]);
    expect(() => agent.run("task")).toThrow("The agent is being forked.");
    const forks = await making;
    expect(counted.count()).toBe(1);
    expect(await agent.run("task").result).toMatchObject({ status: "answered" });
    expect(await read(forks[1].session, "'x' in dir()")).toBe("False");
    await Promise.all([...forks, agent].map((each) => each.close()));
    expect(counted.count()).toBe(0);
  });

  it("leave nothing open when the agent is closed meanwhile", async () => {
    const counted = counting();
    const agent = createAgent({ model: scripted(), runtime: counted });
    const made = agent.fork();
    const said = made.catch((error: unknown) => (error as Error).message);
    await agent.close();
    expect(await said).toMatch(/closed|aborted/);
    expect(counted.count()).toBe(0);
  });
});

describe("bestOf", () => {
  const replies = {
    main: [
      runs("data = [3, 4]\nopen('log.txt', 'w').write('start ');"),
      says("Ready."),
      says("It was 7."),
    ],
    1: [runs("total = 12\nopen('log.txt', 'a').write('one');"), says("12")],
    2: [runs("total = sum(data)\nopen('log.txt', 'a').write('two');"), says("7")],
    3: [runs("total = 1/0"), says("12")],
  };

  it("goes on with the continuation that passes a check in Python", async () => {
    const model = branching(replies);
    await using session = await runtime.open();
    await using agent = createAgent({ model, session });
    await agent.run("Load.").result;
    const seen = new Set<string>();
    const best = await bestOf(agent, "Add up.", {
      n: 3,
      check: "assert total == sum(data)\nint(answer) == total",
      onEvent: (branch, event) =>
        event.type === "run-end" && seen.add(`${branch} ${event.result.answer}`),
    });
    expect(best).toMatchObject({
      winner: 2,
      result: { status: "answered", answer: "7" },
      branches: [
        { branch: 1, score: 0 },
        { branch: 2, score: 1 },
        { branch: 3, score: 0 },
      ],
      usage: { inputTokens: 60, outputTokens: 12 },
    });
    expect([...seen].toSorted()).toEqual(["1 12", "2 7", "3 12"]);
    expect(model.requests.slice(2, 8).map(({ temperature }) => temperature)).toEqual(
      expect.arrayContaining([undefined, 0.75, 1]),
    );
    // The conversation, the variables and the files are now the winner's.
    expect(await read(agent.session, "total, open('log.txt').read()")).toBe("(7, 'start two')");
    expect(await read(session, "'total' in globals()")).toBe("False");
    expect(agent.messages.map(messageText).slice(-3)).toEqual([
      expect.stringContaining("total = sum(data)"),
      expect.stringContaining("Execution Output:"),
      "7",
    ]);
    expect(await agent.run("And?").result).toMatchObject({ answer: "It was 7." });
  });

  it("passes a command that ends with 0", async () => {
    await using agent = createAgent({ model: branching(replies), runtime });
    await agent.run("Load.").result;
    const best = await bestOf(agent, "Add up.", { n: 2, check: "!grep -q two log.txt" });
    expect(best.winner).toBe(2);
  });

  it("takes the most frequent answer without a check, and asks a judge where there is one", async () => {
    await using agent = createAgent({ model: branching(replies), runtime });
    await agent.run("Load.").result;
    expect(await bestOf(agent, "Add up.", { n: 3 })).toMatchObject({ winner: 1 });

    await using other = createAgent({ model: branching(replies), runtime });
    await other.run("Load.").result;
    const judge = scripted(says("3 + 4 is 7. Best: 2"));
    expect(await bestOf(other, "Add up.", { n: 3, judge })).toMatchObject({ winner: 2 });
    const question = messageText(judge.requests[0]!.messages[1]!);
    expect(question).toBe("The task:\nAdd up.\n\nAnswer 1:\n12\n\nAnswer 2:\n7\n\nAnswer 3:\n12");
  });

  it("branches in the middle of a run: variables and files of its first turns are shared", async () => {
    const model = branching({
      main: [runs("data = [3, 4]\nopen('log.txt', 'w').write('start ');")],
      1: [runs("data.append(5)\nopen('log.txt', 'a').write('one');"), says("12")],
      2: [runs("data\nopen('log.txt', 'a').write('two');"), says("7")],
    });
    await using agent = createAgent({ model, runtime, budget: { turns: 4 } });
    const turns: Record<number, string[]> = { 0: [], 1: [], 2: [] };
    const best = await bestOf(agent, "Load, then add up.", {
      n: 2,
      branchAfterTurns: 1,
      check: "int(answer) == 7",
      onEvent(branch, event) {
        if (event.type === "turn-start") turns[branch]!.push(`turn ${event.turn}`);
        if (event.type === "run-end") turns[branch]!.push(event.result.status);
      },
    });
    expect(turns).toEqual({
      0: ["turn 1", "paused"],
      1: ["turn 2", "turn 3", "answered"],
      2: ["turn 2", "turn 3", "answered"],
    });
    expect(best).toMatchObject({
      winner: 2,
      result: { answer: "7", turns: 3, usage: { inputTokens: 30, outputTokens: 6 } },
      // One shared turn and two of each continuation.
      usage: { inputTokens: 50, outputTokens: 10 },
    });
    expect(await read(agent.session, "data, open('log.txt').read()")).toBe("([3, 4], 'start two')");
    expect(agent.messages.map(({ role }) => role).join(" ")).toBe(
      "system user assistant user assistant user assistant",
    );
  });

  it("has nothing to choose from when the run ends before the branching", async () => {
    await using agent = createAgent({ model: branching({ main: [says("7")] }), runtime });
    expect(await bestOf(agent, "Add up.", { n: 2, branchAfterTurns: 3 })).toEqual({
      winner: 0,
      result: expect.objectContaining({ status: "answered", answer: "7", turns: 1 }),
      score: 1,
      branches: [],
      usage: { inputTokens: 10, outputTokens: 2 },
    });
    const spent = { main: [runs("x = 1"), says("Closing.")] };
    await using poor = createAgent({ model: branching(spent), runtime, budget: { tokens: 12 } });
    expect(await bestOf(poor, "Add up.", { n: 2, branchAfterTurns: 1 })).toMatchObject({
      winner: 0,
      result: { status: "budget", answer: "Closing." },
      branches: [],
    });
    await expect(bestOf(agent, "x", { n: 2, branchAfterTurns: -1 })).rejects.toThrow(
      /whole number of turns/,
    );
  });

  it("prefers any accepted answer to none, and takes a check that says nothing for a no", async () => {
    const cut: readonly ModelEvent[] = [
      { type: "finish", reason: "error", error: new CodeActError("model_failed", "Cut.") },
    ];
    const model = () => branching({ 1: [cut], 2: [says("far")], 3: [says("near")] });
    const distance: Record<string, number> = { far: -9, near: -5 };
    await using agent = createAgent({ model: model(), runtime });
    const check = ({ result }: Candidate) => distance[String(result.answer)]!;
    expect(await bestOf(agent, "Guess.", { n: 3, check })).toMatchObject({
      winner: 3,
      score: -5,
      branches: [{ score: 0 }, { score: -9 }, { score: -5 }],
    });
    await using other = createAgent({ model: model(), runtime });
    const unsure = ({ result }: Candidate) => (result.answer === "far" ? NaN : -5);
    await using third = createAgent({ model: model(), runtime });
    expect(await bestOf(third, "Guess.", { n: 3, check: unsure })).toMatchObject({ winner: 3 });
    expect(await bestOf(other, "Guess.", { n: 3, check: () => NaN })).toMatchObject({
      winner: 2,
      score: 0,
    });
  });

  it("checks an answer that comes before the branching", async () => {
    await using agent = createAgent({ model: branching({ main: [says("8")] }), runtime });
    const options = { n: 2, branchAfterTurns: 3, check: "int(answer) == 7" };
    expect(await bestOf(agent, "Add up.", options)).toMatchObject({ winner: 0, score: 0 });
  });

  it.each(["Best: 2", "**Best: Answer 2**", "Best answer: 2", "The best answer is answer 2."])(
    "understands a judge who says %j",
    async (verdict) => {
      const model = branching({ 1: [says("12")], 2: [says("7")] });
      await using agent = createAgent({ model, runtime });
      const judge = scripted(says(`Answer 1 is off.\n${verdict}`));
      expect(await bestOf(agent, "Add up.", { n: 2, judge })).toMatchObject({ winner: 2 });
    },
  );

  it("leaves the agent as it was when a check throws", async () => {
    await using agent = createAgent({ model: branching(replies), runtime });
    await agent.run("Load.").result;
    const check = (): boolean => {
      throw new Error("the check is broken");
    };
    await expect(bestOf(agent, "Add up.", { n: 2, check })).rejects.toThrow("the check is broken");
    expect(await read(agent.session, "open('log.txt').read()")).toBe("'start '");
    expect(agent.messages).toHaveLength(5);
    await expect(bestOf(agent, "x", { n: 1 })).rejects.toThrow(/takes 2 or more/);
  });
});
