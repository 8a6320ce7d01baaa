import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import {
  connectMcpServers,
  createAgent,
  createReplayModel,
  createSandboxRuntime,
  parseMcpConfig,
  tool,
  type AgentEvent,
} from "../src/index.ts";
import { startWebServer } from "./local-web-server.ts";
import { startPackageIndex } from "./package-index.ts";
import { collect } from "./scripted-conversation.ts";

const everything = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"),
);

/** What a reader of the transcript would care about, one line for each event. */
function told(events: readonly AgentEvent[]): string[] {
  return events.flatMap((event) => {
    switch (event.type) {
      case "tool-call-start":
        return [`call ${event.tool}`];
      case "tool-call-end":
        return [`end ${event.tool} ${event.error ?? "ok"}`];
      case "approval-request":
        return [`asked for ${event.tool} ${JSON.stringify(event.input)}`];
      case "approval-decision":
        return [`approved ${event.approved} ${JSON.stringify(event.input)}`];
      case "network-request": {
        const { verdict, method, path, status } = event.request;
        return [`${verdict} ${method} ${path} ${status}`];
      }
      case "cell-end":
        return [`cell ${event.outcome.status}`];
      case "run-end":
        return [`run ${event.result.status}: ${event.result.answer}`];
      default:
        return [];
    }
  });
}

/** What the cell of one turn has printed, and how it failed. */
function shown(events: readonly AgentEvent[], turn: number): string {
  const texts = events.map((event) => {
    if (event.type !== "output" || event.turn !== turn) return "";
    const { output } = event;
    if (output.type === "stream") return output.text;
    return output.type === "error" ? `${output.error.name}: ${output.error.message}\n` : "";
  });
  return texts.join("");
}

it("one conversation uses tools, approvals, the network, a package and files", async () => {
  await using pages = await startWebServer();
  await using index = await startPackageIndex({ smallpkg: ["1.0"] });
  await using servers = await connectMcpServers(
    parseMcpConfig({
      mcpServers: { calc: { command: process.execPath, args: [everything, "stdio"] } },
    }),
  );
  const orders: unknown[] = [];
  const order = tool({
    name: "order",
    description: "Orders something.",
    input: z.object({ item: z.string(), amount: z.number() }),
    needsApproval: true,
    run(input) {
      orders.push(input);
      return { ordered: input.amount };
    },
  });

  const page = `http://localhost:${pages.port}`;
  const cells = [
    `import asyncio, calc
sums = await asyncio.gather(*[calc.get_sum(n, 1) for n in range(3)])
print(sums)`,
    `receipt = order("paper", amount=500)
print(receipt["ordered"])`,
    `import json, urllib.request
answer = json.load(urllib.request.urlopen("${page}/prices?of=paper"))
print(answer["method"], answer["url"])`,
    `urllib.request.urlopen("http://elsewhere.example/")`,
    `%pip install -q --index-url http://localhost:${index.port}/simple --trusted-host localhost smallpkg
import smallpkg
print(smallpkg.version)`,
    `with open("report.json", "w") as file:
    json.dump({"sums": sums, "receipt": receipt, "page": answer["url"], "package": smallpkg.version}, file)`,
  ];
  const replies = [
    ...cells.map((code) => `<execute>\n${code}\n</execute>`),
    "It is in report.json.",
  ];
  const model = createReplayModel({ replies: replies.map((text) => ({ text })) });

  await using runtime = await createSandboxRuntime({ preload: [] });
  await using agent = createAgent({
    model,
    runtime,
    tools: [...servers.tools, order],
    toolModules: servers.modules,
    network: {
      allow: [],
      allowPrivate: [`localhost:${pages.port}`, `localhost:${index.port}`],
    },
    // Waiting for a person is not the cell's time.
    timeoutMs: 5000,
    async onApproval() {
      await setTimeout(6000);
      return { approved: true, input: { item: "paper", amount: 5 } };
    },
  });
  const events = await collect(agent.run("Order paper and write a report."));

  expect([1, 2, 3, 4, 5, 6].map((turn) => shown(events, turn))).toEqual([
    "['The sum of 0 and 1 is 1.', 'The sum of 1 and 1 is 2.', 'The sum of 2 and 1 is 3.']\n",
    "5\n",
    "GET /prices?of=paper\n",
    expect.stringMatching(/^HTTPError: .*403.*--allow-net elsewhere\.example/) as string,
    "1.0\n",
    "",
  ]);
  const lines = told(events);
  const ofMcp = lines.slice(0, 6);
  expect(ofMcp.toSorted()).toEqual([
    ...Array.from({ length: 3 }, () => "call calc.get_sum"),
    ...Array.from({ length: 3 }, () => "end calc.get_sum ok"),
  ]);
  expect(
    lines.slice(6).filter((line) => !line.includes("/simple/") && !line.includes("/files/")),
  ).toEqual([
    "cell ok",
    "call order",
    `asked for order {"item":"paper","amount":500}`,
    `approved true {"item":"paper","amount":5}`,
    "end order ok",
    "cell ok",
    "allowed GET /prices?of=paper 200",
    "cell ok",
    "refused GET / 403",
    "cell error",
    "cell ok",
    "cell ok",
    "run answered: It is in report.json.",
  ]);
  expect(orders).toEqual([{ item: "paper", amount: 5 }]);
  expect(index.seen).toContain("/simple/smallpkg/");

  const report = Buffer.from((await agent.session?.files?.read("report.json")) ?? []).toString();
  expect(JSON.parse(report)).toEqual({
    sums: ["The sum of 0 and 1 is 1.", "The sum of 1 and 1 is 2.", "The sum of 2 and 1 is 3."],
    receipt: { ordered: 5 },
    page: "/prices?of=paper",
    package: "1.0",
  });
});
