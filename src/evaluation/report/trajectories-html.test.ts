import { gunzipSync } from "node:zlib";
import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { resultOf } from "../../../test/evaluation-result.ts";
import type { EvaluationResult, Trajectory } from "../trajectory.ts";
import { playId } from "./play-id.ts";
import { trajectoriesHtml, type PlayRow } from "./trajectories-html.ts";
import { trajectoriesScript } from "./trajectories-script.ts";
import { trajectoryHtml } from "./trajectory-html.ts";

const hostile = `<script>alert("1")</script>&'`;

describe("a trajectory", () => {
  it("escapes everything and shows pictures only where they are some", () => {
    const trajectory: Trajectory = {
      ...resultOf({ task: hostile, model: hostile, answer: hostile, reason: hostile }),
      messages: [
        { role: "system", content: [{ type: "text", text: hostile }] },
        {
          role: "user",
          content: [
            { type: "image", mediaType: "image/png", data: "aGk=" },
            { type: "image", mediaType: `image/png" onerror="x`, data: "aGk=" },
            { type: "image", mediaType: "image/svg+xml", data: "aGk=" },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "tool-call", id: "1", name: hostile, arguments: hostile }],
        },
      ],
      events: [
        { type: "turn-start", turn: 1 },
        { type: "reply-malformed", turn: 1, reason: hostile },
      ],
    };
    const html = trajectoryHtml(trajectory);
    expect(html).not.toContain("<script");
    expect(html).not.toContain('alert("1")');
    expect(html.match(/<img /g)).toHaveLength(1);
    expect(html).not.toContain('onerror="');
    expect(html).toContain("could not be read");
  });

  it("shows characters that control a terminal or turn the direction of letters", () => {
    const text = "a\u0000b\u001b[31m\u202ec\u2066d\ne\tf";
    expect(trajectoryHtml({ ...resultOf({ answer: text }), messages: [], events: [] })).toContain(
      "<pre>a�b�[31m�c�d\ne\tf</pre>",
    );
  });

  it("counts the turns of the play, not what the task's own dialogue says", () => {
    const say = (role: "user" | "assistant", text: string) => ({
      role,
      content: [{ type: "text" as const, text }],
    });
    const trajectory: Trajectory = {
      ...resultOf({ turns: 2, feedback: "plain" }),
      messages: [
        say("user", "Hi."),
        say("assistant", "Hello."),
        say("user", "Go on."),
        say("assistant", "?"),
        say("user", "What?"),
        say("assistant", "[F()]"),
      ],
      events: [
        { type: "turn-start", turn: 1 },
        { type: "reply-malformed", turn: 1, reason: "no call" },
        { type: "turn-start", turn: 2 },
      ],
    };
    const headings = trajectoryHtml(trajectory).match(/<h3>.*?<\/h3>/g);
    expect(headings).toEqual([
      "<h3>user</h3>",
      "<h3>assistant, given</h3>",
      "<h3>user</h3>",
      `<h3>turn 1 <span class="bad">could not be read</span> <span class="soft">no call</span></h3>`,
      "<h3>user</h3>",
      "<h3>turn 2</h3>",
    ]);
  });
});

describe("the page of trajectories", () => {
  const played = (text: string, changes: Partial<EvaluationResult>): Trajectory => ({
    ...resultOf(changes),
    messages: [{ role: "assistant", content: [{ type: "text", text }] }],
    events: [{ type: "turn-start", turn: 1 }],
  });

  /** Reads the page as its script does. */
  function read(html: string) {
    const data =
      /<script type="application\/json" id="plays">(.*?)<\/script>/.exec(html)?.[1] ?? "";
    const blocks = [
      ...html.matchAll(/<script type="text\/plain" class="block">(.*?)<\/script>/g),
    ].map(
      ([, block = ""]) =>
        JSON.parse(gunzipSync(Buffer.from(block, "base64")).toString()) as readonly string[],
    );
    const { runs, plays } = JSON.parse(data) as {
      readonly runs: readonly object[];
      readonly plays: readonly PlayRow[];
    };
    return { runs, plays, textOf: ({ block = -1, place = -1 }: PlayRow) => blocks[block]?.[place] };
  }

  it("lists all plays in the order of the tasks, each with its text", () => {
    const long = "x".repeat(30_000);
    const trajectories = Array.from({ length: 60 }, (_, index) =>
      played(`reply ${59 - index} ${long}`, { task: `${59 - index}`, feedback: "plain" }),
    );
    const tasks = Array.from({ length: 60 }, (_, index) => `${index}`);
    const page = trajectoriesHtml({ title: "t", trajectories, tasks });
    const { runs, plays, textOf } = read(page);
    expect(runs).toEqual([{ model: "m", format: "code", settings: "faithful plain feedback" }]);
    expect(plays.map(({ task }) => task)).toEqual(tasks);
    expect(new Set(plays.map(({ block }) => block)).size).toBeGreaterThan(1);
    for (const play of plays) expect(textOf(play)).toContain(`<pre>reply ${play.task} xxx`);
    expect(page.length).toBeLessThan(60_000);
  });

  it("lists a play whose text has no room, too", () => {
    const noise = (seed: number) =>
      Array.from({ length: 20_000 }, (_, index) =>
        String.fromCodePoint(0x4e00 + ((index * index * (seed + 7919)) % 20_000)),
      ).join("");
    const trajectories = Array.from({ length: 80 }, (_, index) =>
      played(noise(index), { task: `${index}` }),
    );
    const { plays, textOf } = read(
      trajectoriesHtml({ title: "t", trajectories, maxCharacters: 1_000 }),
    );
    expect(plays).toHaveLength(80);
    expect(textOf(plays[0]!)).toContain("<pre>");
    expect(plays.at(-1)?.block).toBeUndefined();
  });

  it("runs nothing but its own script, whatever models wrote", () => {
    const evil = `</script><script>alert(1)</script><!--`;
    const trajectory = played(evil, { task: evil, model: evil, group: evil, answer: evil });
    const html = trajectoriesHtml({ title: evil, trajectories: [trajectory] });
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).not.toContain("alert(1)</script>");
    expect(html).toMatch(/script-src 'sha256-[\w+/]+=*'/);
    expect(read(html).plays).toMatchObject([
      { id: playId(trajectory), task: evil, group: evil, answer: evil },
    ]);
    expect(() => new Script(trajectoriesScript)).not.toThrow();
  });
});
