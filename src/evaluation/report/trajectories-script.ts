/** The script of the page of trajectories: chooses, searches and opens plays. See `trajectoriesHtml` for its data. */
export const trajectoriesScript = `
"use strict";
const get = (id) => document.getElementById(id);
const { runs, plays } = JSON.parse(get("plays").textContent);
const blocks = [...document.querySelectorAll("script.block")];
const form = get("filters"), query = get("q"), list = get("list"), count = get("count"), more = get("more"), all = get("all");
const pageSize = 200;
const rows = new Map();
let limit = pageSize, only = "", fits = [], inText = new Set(), search = 0, delay;

const choices = [
  ["model", "Model", (play) => runs[play.run].model],
  ["format", "Format", (play) => runs[play.run].format],
  ["settings", "Settings", (play) => runs[play.run].settings],
  ["group", "Group", (play) => play.group],
  ["end", "End", (play) => play.end],
].map(([name, title, of]) => {
  const values = [...new Set(plays.map(of))].filter((value) => value !== "");
  const label = document.createElement("label"), select = document.createElement("select");
  label.append(title + " ", select);
  select.append(new Option("all", ""));
  if (name === "end") select.append(new Option("not solved", "!"));
  for (const value of values) select.append(new Option(value, value));
  if (values.length > 1) form.append(label);
  select.addEventListener("change", changed);
  const test = (play) => select.value === "" || (select.value === "!" ? !play.success : of(play) === select.value);
  return { name, select, test };
});

async function unpack(block) {
  const bytes = Uint8Array.from(atob(blocks[block].textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function rowOf(play) {
  if (rows.has(play)) return rows.get(play);
  const row = element("details", "trajectory", ""), summary = element("summary", "", "");
  const { model, format, settings } = runs[play.run];
  const said = [model, format, settings, play.sample > 0 ? "try " + (play.sample + 1) : ""];
  const what = element("span", "", "");
  what.append(element("b", "", play.task), " ", element("span", "soft", said.filter(Boolean).join(", ")));
  const figures = play.turns + (play.turns === 1 ? " turn" : " turns") + " · " + (play.wallMs / 1000).toFixed(1) + " s";
  summary.append(element("span", "verdict " + (play.success ? "good" : "bad"), play.end), what, element("span", "soft figures", figures));
  row.append(summary);
  row.addEventListener("toggle", () => { if (row.open) fill(row, play); });
  rows.set(play, row);
  return row;
}

async function fill(row, play) {
  if (row.dataset.filled) return;
  row.dataset.filled = "yes";
  const body = element("div", "", "");
  const link = element("a", "", "Link to this play");
  link.href = "#play=" + play.id;
  row.append(link, body);
  if (play.block === undefined) {
    body.textContent = "There is no room for it on this page: read it in trajectories.jsonl.";
    return;
  }
  try {
    body.innerHTML = (await unpack(play.block))[play.place];
  } catch (fault) {
    body.textContent = "It can't be unpacked here (" + fault + "): use a newer browser, or read it in trajectories.jsonl.";
  }
}

function show() {
  const words = query.value.trim().toLowerCase();
  const isChosen = (play) => choices.every(({ test }) => test(play));
  const isFound = (play) => words === "" || inText.has(play) ||
    [play.task, play.group, play.answer, runs[play.run].model].some((text) => text.toLowerCase().includes(words));
  fits = plays.filter((play) => (only === "" ? isChosen(play) && isFound(play) : play.id === only));
  list.replaceChildren(...fits.slice(0, limit).map(rowOf));
  const left = fits.length - limit;
  more.hidden = left <= 0;
  more.textContent = "Show " + Math.min(left, pageSize) + " more of " + left;
  all.hidden = fits.length === plays.length;
  const solved = fits.filter(({ success }) => success).length;
  count.textContent = fits.length + " of " + plays.length + " plays, " + solved + " solved";
}

function textOf(html) {
  const letters = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return html.replace(/<[^>]*>/g, "").replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => letters[name]).toLowerCase();
}

async function searchTexts() {
  const own = ++search, words = query.value.trim().toLowerCase();
  inText = new Set();
  if (words === "" || only !== "") return;
  const inBlock = new Map();
  for (const play of plays) {
    if (play.block === undefined || !choices.every(({ test }) => test(play))) continue;
    if (!inBlock.has(play.block)) inBlock.set(play.block, []);
    inBlock.get(play.block).push(play);
  }
  let done = 0, shown = performance.now();
  for (const [block, members] of inBlock) {
    const texts = await unpack(block).catch(() => []);
    if (own !== search) return;
    for (const play of members) if (textOf(texts[play.place] ?? "").includes(words)) inText.add(play);
    done += 1;
    if (performance.now() - shown < 300 && done < inBlock.size) continue;
    shown = performance.now();
    show();
    if (done < inBlock.size) count.textContent += ", searching: " + Math.floor((100 * done) / inBlock.size) + " %";
  }
}

function changed() {
  only = "";
  limit = pageSize;
  const state = new URLSearchParams();
  for (const { name, select } of choices) if (select.value !== "") state.set(name, select.value);
  if (query.value !== "") state.set("q", query.value);
  try { history.replaceState(null, "", "#" + state); } catch { /* Some browsers refuse it for files. */ }
  inText = new Set();
  show();
  clearTimeout(delay);
  delay = setTimeout(searchTexts, 250);
}

function fromAddress() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const { name, select } of choices) {
    select.value = state.get(name) ?? "";
    if (select.selectedIndex < 0) select.value = "";
  }
  query.value = state.get("q") ?? "";
  only = plays.some(({ id }) => id === state.get("play")) ? state.get("play") : "";
  limit = pageSize;
  show();
  searchTexts();
  if (only !== "") rowOf(fits[0]).open = true;
}

more.addEventListener("click", () => { limit += pageSize; show(); });
all.addEventListener("click", () => {
  for (const { select } of choices) select.value = "";
  query.value = "";
  changed();
});
form.addEventListener("submit", (event) => event.preventDefault());
query.addEventListener("input", changed);
addEventListener("hashchange", fromAddress);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === query) query.blur();
  if (/^(?:INPUT|SELECT)$/.test(event.target.tagName)) return;
  if (event.key === "/") { event.preventDefault(); query.focus(); }
  if (event.key !== "j" && event.key !== "k") return;
  const shown = [...list.children], at = shown.findIndex((row) => row.contains(document.activeElement));
  const next = shown[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
  next?.querySelector("summary").focus();
});
fromAddress();
`;
