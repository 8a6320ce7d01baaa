import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAgent, createReplayModel, createSandboxRuntime } from "codeact";

// A site to read from: a page, and an API that wants a key.
const site = createServer((request, response) => {
  const hasKey = request.headers["x-api-key"] === "secret";
  if (request.url === "/books") {
    response.end("<ul><li>Emma <b>7.50</b><li>Persuasion <b>6.00</b><li>Sanditon <b>9.25</b></ul>");
  } else {
    response.writeHead(hasKey ? 200 : 401).end(hasKey ? '{"EUR": 1.1}' : "no key");
  }
});
await once(site.listen(0, "127.0.0.1"), "listening");
const host = `localhost:${(site.address() as AddressInfo).port}`;

// The replies of a model, recorded; `await resolveModel()` is a live one.
const model = createReplayModel({
  replies: [
    {
      text: `<execute>
import requests
from bs4 import BeautifulSoup

page = BeautifulSoup(requests.get("http://${host}/books").text, "html.parser")
books = {item.contents[0].strip(): float(item.b.text) for item in page.select("li")}
print(books)
rate = requests.get("http://${host}/rates").json()["EUR"]
print({title: round(price * rate, 2) for title, price in books.items()})
</execute>`,
    },
    { text: '<execute>\nprint(requests.get("http://elsewhere.example/").text)\n</execute>' },
    { text: "Done." },
  ],
});

await using runtime = await createSandboxRuntime();
await using agent = createAgent({
  model,
  runtime,
  network: {
    allow: [],
    // A service of this machine. Public hosts, such as "api.example.com", belong into `allow`.
    allowPrivate: [host],
    // The code never sees the key.
    credentials: [{ host, headers: { "X-Api-Key": "secret" }, plainHttp: true }],
  },
});
const requests: string[] = [];
for await (const event of agent.run("What do the books cost in euros?")) {
  if (event.type === "output" && event.output.type === "stream") {
    console.log(event.output.text.trim());
  }
  if (event.type !== "network-request") continue;
  const { verdict, method, path, status } = event.request;
  requests.push(`${verdict} ${method} ${path} ${status}`);
}
console.log(requests.join("\n"));
site.close();
