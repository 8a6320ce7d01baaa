import { playOptions } from "./play-options.ts";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { apiBank } from "../src/evaluation/api-bank/api-bank-benchmark.ts";
import { loadApiBankData } from "../src/evaluation/api-bank/api-bank-data.ts";
import type { FormatName, Grading } from "../src/evaluation/benchmark.ts";
import { createOracleModel } from "../src/evaluation/oracle.ts";
import { playTask } from "../src/evaluation/play-task.ts";
import { openResultStore } from "../src/evaluation/result-store.ts";
import { runEvaluation } from "../src/evaluation/run-evaluation.ts";
import { importablePackage } from "../src/evaluation/python-package.ts";
import { verdictOf } from "../src/evaluation/verdict.ts";
import { pythonLiteral } from "../src/syntax/python-literal.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";

const data =
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url));

describe.skipIf(!existsSync(join(data, "api-bank")))("API-Bank (needs its data)", () => {
  it("has the original's samples, of which twelve are beyond any answer", async () => {
    const { samples } = await loadApiBankData({ data });
    const tasks = await apiBank.load({ data });
    expect(samples).toHaveLength(399);
    expect(new Set(samples.map(({ target }) => target)).size).toBe(389);
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(399);
    expect(tasks.filter(({ fault }) => fault !== undefined)).toHaveLength(12);
  });

  it("makes every recorded call with the result that was recorded, but for those twelve", async () => {
    const { samples, databases } = await loadApiBankData({ data });
    const targets = [...new Set(samples.map(({ target }) => target))];
    await using runtime = await createSandboxRuntime();
    await using session = await runtime.open();
    await session.execute(importablePackage("api_bank"));
    const outcome = await session.execute(`import json
from codeact_benchmarks.api_bank import Bank
databases = json.loads(${pythonLiteral(JSON.stringify(databases))})
calls = json.loads(${pythonLiteral(JSON.stringify(targets))})
bank = Bank(databases, [call["result"] for call in calls])
wrong = [call for call in calls if not bank.judge(call["name"], call["arguments"], call["result"])["correct"]]
print(len(calls), sorted(call["name"] for call in wrong))`);
    expect(outcome.outputs).toEqual([
      {
        type: "stream",
        name: "stdout",
        text: `389 ['CancelTimedSwitch', 'CancelTimedSwitch', 'CancelTimedSwitch', 'CancelTimedSwitch', 'CancelTimedSwitch', 'GetUserToken', 'GetUserToken', 'QueryRegistration', 'RegisterUser', 'TimedSwitch', 'TimedSwitch', 'TimedSwitch']\n`,
      },
    ]);
  }, 60_000);

  it.each([
    ["code", "faithful"],
    ["json", "faithful"],
    ["text", "corrected"],
  ] as const)(
    "is solved by its oracle in %s, %s",
    async (format: FormatName, grading: Grading) => {
      const folder = mkdtempSync(join(tmpdir(), "codeact-api-bank-"));
      const all = await apiBank.load({ data });
      // Every ninth sample: the whole of it is for `codeact eval api-bank --model oracle`.
      const tasks = all.filter(
        (task, index) => index % 9 === 0 && !("impossible" in task.oracle!({ format, grading })),
      );
      try {
        using store = openResultStore(folder);
        await using runtime = await createSandboxRuntime();
        const results = await runEvaluation({
          benchmark: apiBank.name,
          tasks,
          model(task) {
            const oracle = task.oracle!({ format, grading });
            return createOracleModel("replies" in oracle ? oracle.replies : []);
          },
          runtime,
          store,
          format,
          grading,
          feedback: "enriched",
        });
        expect(results.length).toBeGreaterThan(35);
        expect(results.filter(({ success }) => !success)).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );

  it("describes what each API takes and returns, and takes values as the original does when asked", async () => {
    const { samples } = await loadApiBankData({ data });
    await using runtime = await createSandboxRuntime();
    await using session = await runtime.open();
    await session.execute(importablePackage("api_bank"));
    const names = [...new Set(samples.flatMap(({ apis }) => apis))];
    const outcome = await session.execute(`import json
from codeact_benchmarks.api_bank import Bank
from codeact_benchmarks.api_bank.bank import APIS
bank = Bank({})
described = [bank.describe(name) for name in json.loads(${pythonLiteral(JSON.stringify(names))})]
print(len(described), {tuple(entry) for entry in described}, sum(not entry["output_parameters"] for entry in described))
print(json.dumps(bank.describe("QueryBalance")))
for name, arguments in (
    ("TimedSwitch", {"name": "lamp", "time": "9", "on": True}),
    ("TimedSwitch", {"name": "lamp", "time": "9", "on": "True"}),
    ("BookHotel", {"room_count": 2, "adult_count": "3"}),
    ("BookHotel", {"room_count": "-2"}),
    ("AddMeeting", {"attendees": "['Ann']"}),
):
    for lenient in (False, True):
        api = APIS[name]
        given = {**dict.fromkeys(api.parameters, "1"), **arguments}
        taken = api.call(bank._originals, given, lenient=lenient).input
        print(taken and {key: taken[key] for key in arguments})`);
    expect(
      outcome.outputs
        .map((output) => (output.type === "stream" ? output.text : output.type))
        .join(""),
    ).toBe(`49 {('name', 'description', 'input_parameters', 'output_parameters')} 0
{"name": "QueryBalance", "description": "This API queries the balance of a user.", "input_parameters": {"token": {"type": "str", "description": "The token of the user, from GetUserToken."}}, "output_parameters": {"balance": {"type": "float", "description": "The balance of the user."}}}
{'name': 'lamp', 'time': '9', 'on': False}
{'name': 'lamp', 'time': '9', 'on': True}
{'name': 'lamp', 'time': '9', 'on': True}
{'name': 'lamp', 'time': '9', 'on': True}
{'room_count': 2, 'adult_count': 3}
{'room_count': 2, 'adult_count': 3}
None
{'room_count': -2}
{'attendees': "['Ann']"}
{'attendees': ['Ann']}
`);
  }, 60_000);

  it("compares calls of the calendar by each API's own rule", async () => {
    await using runtime = await createSandboxRuntime();
    await using session = await runtime.open();
    await session.execute(importablePackage("api_bank"));
    const outcome = await session.execute(`from codeact_benchmarks.api_bank.bank import APIS
from codeact_benchmarks.api_bank.api import Result
for name, input, changes in (
    ("AddAgenda", {"token": "t", "content": "Meet Ann", "time": "9", "location": "A"},
     ({"token": "u"}, {"content": "meet ann"}, {"location": "B"})),
    ("AddReminder", {"token": "t", "content": "Meet Ann", "time": "9"},
     ({"token": "u"}, {"content": "meet ann"}, {"time": "8"})),
    ("AddMeeting", {"token": "t", "meeting_topic": "a b c", "start_time": "9"},
     ({"token": "u"}, {"meeting_topic": "a b"}, {"meeting_topic": "a"})),
    ("DeleteReminder", {"token": "t", "content": "Meet Ann", "time": "9"}, ({"content": "x"}, {"time": "8"})),
    ("DeleteMeeting", {"token": "t", "meeting_topic": "a", "start_time": "9"}, ({"meeting_topic": "x"}, {"start_time": "8"})),
):
    api, truth = APIS[name], Result(name, input, "success", None)
    verdicts = [api.same(Result(name, {**input, **change}, "success", None), truth) for change in changes]
    original = api.original_same and api.original_same(truth, truth)
    print(name, verdicts, api.same(Result(name, input, None, "no"), truth), original)`);
    expect(outcome.outputs).toEqual([
      {
        type: "stream",
        name: "stdout",
        text: `AddAgenda [True, False, False] False None
AddReminder [True, True, False] False None
AddMeeting [False, True, False] False None
DeleteReminder [True, False] False None
DeleteMeeting [True, False] False False
`,
      },
    ]);
  }, 60_000);

  it("tells replies that hold no call, wrong calls and calls beyond reading apart", async () => {
    const [task] = await apiBank.load({ data });
    await using runtime = await createSandboxRuntime();
    const verdicts = [];
    for (const reply of ["I call it now.", "[GetUserToken(username='x')]", "[F(a={[]: 1})]"]) {
      const { ending, events } = await playTask(
        task!,
        playOptions({
          runtime,
          model: createOracleModel([reply]),
          format: "code",
          grading: "corrected",
          feedback: "enriched",
        }),
      );
      verdicts.push(verdictOf(ending, events, false));
    }
    expect(verdicts).toEqual(["malformed", "wrong", "wrong"]);
  }, 60_000);
});
