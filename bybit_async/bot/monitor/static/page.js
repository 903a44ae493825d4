// Shows what the bot knows, once a second. Every text goes in as text, nothing as markup.
import { drawCurve } from "/chart.js";

const SILENT_AFTER = 2500; // milliseconds without news after which nothing on the page counts as known
const AGAIN_AFTER = 1000;
const KEY = "monitor-token";
const at = (id) => document.getElementById(id);

let token = sessionStorage.getItem(KEY) || "";
let heard = 0, opened = false, shown = null;

// Words for numbers

const NONE = "–";
const number = (value, digits = 2) => value === null || value === undefined ? NONE
  : Number(value).toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: Math.min(digits, 2) });
const exact = (value) => value === null || value === undefined ? NONE : String(value);
const percent = (value, digits = 2) => value === null || value === undefined ? NONE : `${(value * 100).toFixed(digits)} %`;
const signed = (value, digits = 2) => value === null || value === undefined ? NONE : (Number(value) > 0 ? "+" : "") + number(value, digits);
const age = (ms) => ms === null || ms === undefined ? NONE : ms < 10000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000);
const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
const moment = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
const tone = (value) => (Number(value) < 0 ? "bad" : Number(value) > 0 ? "good" : "");
function span(seconds) {
  if (seconds === null || seconds === undefined) return NONE;
  const whole = Math.floor(seconds), days = Math.floor(whole / 86400), hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

// Filling in: only what changed is touched, so that a selection or a reading cursor stays where it is

function text(node, value, className = "") {
  if (node.textContent !== value) node.textContent = value;
  if (node.className !== className) node.className = className;
}

function cell(node, value) {
  const given = value !== null && typeof value === "object" ? value : { text: value };
  if (given.used === undefined) return text(node, given.text, given.className || "");
  if (!node.querySelector(".bar")) {
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.setAttribute("aria-hidden", "true");
    bar.append(document.createElement("span"));
    node.replaceChildren(bar, document.createElement("span"));
  }
  const share = given.used === null ? 1 : Math.max(0, Math.min(1, given.used));
  node.firstChild.className = `bar ${given.className || ""}`;
  node.firstChild.firstChild.style.width = `${(share * 100).toFixed(1)}%`;
  text(node.lastChild, given.used === null ? "not known" : percent(given.used, 0), given.className || "");
}

function fill(id, rows) {
  const body = at(id), columns = body.parentElement.tHead.rows[0].cells.length;
  const none = !rows.length;
  // A heading stands on the side where its numbers stand.
  if (!none) rows[0].forEach((value, column) => body.parentElement.tHead.rows[0].cells[column]
    .classList.toggle("num", /^num/.test(value?.className || "")));
  const wanted = none ? [["none"]] : rows;
  while (body.rows.length > wanted.length) body.deleteRow(-1);
  wanted.forEach((row, index) => {
    let line = body.rows[index];
    if (line && line.cells.length !== row.length) { line.remove(); line = null; }
    if (!line) {
      line = body.insertRow(index);
      row.forEach((_, column) => {
        const made = document.createElement(column || none ? "td" : "th");
        if (!column && !none) made.scope = "row";
        line.append(made);
      });
    }
    row.forEach((value, column) => cell(line.cells[column], value));
    if (none) { line.cells[0].colSpan = columns; line.cells[0].className = "soft"; } else line.cells[0].removeAttribute("colspan");
  });
}

function list(id, pairs) {
  const found = at(id);
  while (found.children.length > pairs.length * 2) found.lastChild.remove();
  pairs.forEach(([name, value, className], index) => {
    if (!found.children[index * 2]) found.append(document.createElement("dt"), document.createElement("dd"));
    text(found.children[index * 2], name);
    text(found.children[index * 2 + 1], value, className || "");
  });
}

// The panels

function showState({ state }) {
  const words = state.engine.replaceAll("_", " ");
  text(at("mode"), state.mode, `badge ${state.mode === "LIVE" ? "bad" : "paper"}`);
  text(at("engine"), words, `badge ${{ running: "good", paused: "warn" }[state.engine] || "bad"}`);
  at("pause").disabled = state.engine !== "running";
  at("resume").disabled = state.engine !== "paused";
  at("stop").disabled = state.engine === "emergency_stopped";
  const restart = state.restart;
  const adopted = restart ? Object.entries(restart.adopted).map(([symbol, size]) => `${symbol} ${size}`) : [];
  list("state", [
    ["engine", words],
    ["mode", `${state.mode} on ${state.address}`, state.mode === "LIVE" ? "bad" : ""],
    ["account", exact(state.account_id)],
    ["uptime", span(state.uptime)],
    ["last start", state.started_ms === null ? NONE : `${moment(state.started_ms)} UTC`],
    ["it changed", !restart ? NONE : [
      `orders looked up: ${restart.orders}, still unknown: ${restart.unknown}`,
      `executions found: ${restart.executions}`,
      `positions adopted: ${adopted.join(", ") || "none"}`, `stops laid: ${restart.stops}`].join("; ")],
  ]);
}

function showTrust({ trust }) {
  const late = (ms) => ({ text: age(ms), className: `num ${ms !== null && ms > trust.max_age_ms ? "bad" : ""}`.trim() });
  list("trust", [
    ["account", trust.synced === null ? NONE : trust.synced ? "synced" : "not synced", trust.synced === false ? "bad" : ""],
    ["last looked at", age(trust.round_age === null ? null : trust.round_age * 1000)],
    ["unknown orders", trust.unknown.length ? trust.unknown.map((o) => `${o.side} ${o.remaining} ${o.symbol}`).join(", ") : "none",
      trust.unknown.length ? "bad" : ""],
    ["clock", trust.clock_offset_ms === null ? NONE
      : `${signed(trust.clock_offset_ms, 1)} ms off, corrected to ±${number(trust.clock_error_ms, 1)} ms`],
    ["journal", trust.journal_healthy ? `${trust.journal_writes} rows, lag ${age(trust.journal_lag * 1000)}` : "does not take what is written",
      trust.journal_healthy ? "" : "bad"],
  ]);
  fill("data", trust.data.map((row) => [row.symbol, late(row.price_age_ms), late(row.candle_age_ms), late(row.book_age_ms),
    row.book_stale ? { text: "book stale", className: "bad" } : row.too_old ? { text: "too old", className: "bad" }
      : { text: "current", className: "good" }]));
  fill("limits", trust.limits.map((row) => [row.endpoint, { text: exact(row.remaining), className: "num" }, { text: exact(row.total), className: "num" }]));
}

const used = (row) => ({ used: row.used, className: row.tripped ? "bad" : row.used > 0.8 ? "warn" : "" });

function showEquity({ equity, state }) {
  list("equity", [
    ["equity", `${number(equity.equity)} ${state.settle_coin}`],
    ["free for orders", number(equity.available)],
    ["highest", number(equity.peak)],
    ["at midnight UTC", number(equity.day_start)],
  ]);
  const points = equity.curve;
  if (points.length > 1) {
    drawCurve(at("curve"), points);
    const [begin, end] = [points[0], points[points.length - 1]];
    text(at("from"), moment(begin[0]));
    text(at("until"), `${moment(end[0])} UTC`);
    // By the minute: a screen reader should not be told every second.
    const words = `Equity from ${number(begin[1], 0)} at ${moment(begin[0])} to ${number(end[1], 0)} at ${moment(end[0])}`;
    if (at("curve").getAttribute("aria-label") !== words) at("curve").setAttribute("aria-label", words);
  }
  fill("losses", [["today's loss", equity.daily_loss], ["drawdown", equity.drawdown]].filter(([, row]) => row).map(([name, row]) =>
    [name, { text: percent(row.value), className: "num" }, { text: percent(row.limit), className: "num" }, used(row)]));
}

function showPositions({ positions }) {
  list("exposure", [
    ["exposure", `${number(positions.exposure)}, at worst ${number(positions.worst_exposure)}`],
    ["without a stop", percent(positions.unprotected, 1), positions.unprotected > 0 ? "bad" : ""],
  ]);
  fill("positions", positions.rows.map((row) => [row.symbol, row.side === "Buy" ? "long" : "short", exact(row.size), exact(row.entry_price),
    exact(row.mark_price), { text: signed(row.unrealised_pnl), className: `num ${tone(row.unrealised_pnl)}` },
    row.stop_loss === null ? { text: "none", className: "bad" } : exact(row.stop_loss),
    row.liquidation_price === null ? NONE : `${row.liquidation_price} (${percent(row.liquidation_distance, 1)} away)`]));
}

function showOrders({ orders }) {
  fill("orders", orders.open.map((row) => [row.symbol, row.side, exact(row.remaining), exact(row.price),
    row.unknown ? { text: "unknown outcome", className: "bad" } : row.reduce_only ? "reduces" : "entry"]));
  fill("trades", orders.trades.map((row) => [clock(row.time_ms), row.symbol, row.side, exact(row.quantity), exact(row.decided_price),
    row.price === null ? NONE : number(row.price, 6), row.slippage_bps === null ? NONE : `${signed(row.slippage_bps, 1)} bps`,
    { text: signed(row.realized_pnl), className: `num ${tone(row.realized_pnl)}` },
    { text: row.status.replaceAll("_", " "), className: row.status === "unknown" ? "bad" : "" }, row.strategy_id]));
}

function showBreakers({ breakers }) {
  fill("breakers", breakers.rows.map((row) => [row.name.replaceAll("_", " "), { text: row.value === null ? "not known" : number(row.value, 4), className: "num" },
    { text: number(row.limit, 4), className: "num" }, used(row),
    row.latched ? { text: "tripped until reset", className: "bad" } : row.tripped ? { text: "tripped", className: "bad" } : { text: "ok", className: "good" }]));
  fill("strategies", breakers.strategies.map((row) => [row.strategy_id,
    row.failure !== null ? { text: `stopped: it ${row.failure}`, className: "bad long" } : row.active === null ? NONE : row.active ? "active" : "inactive",
    { text: String(row.signals), className: "num" }, { text: String(row.refused), className: "num" }, { text: String(row.traded), className: "num" },
    { text: signed(row.pnl), className: `num ${tone(row.pnl)}` }, { text: row.last_refusal || NONE, className: "long" }]));
}

function showLatency({ latency }) {
  list("calls", [
    ["calls, last minute", `${exact(latency.calls)}, failed: ${exact(latency.errors)}`, latency.errors ? "warn" : ""],
    ["logged", `warnings: ${latency.warnings}, errors: ${latency.failures}`, latency.failures ? "bad" : latency.warnings ? "warn" : ""],
  ]);
  const milliseconds = (value) => ({ text: number(value, 2), className: "num" });
  fill("latencies", latency.rows.map((row) => [row.name, { text: String(row.count), className: "num" }, milliseconds(row.p50), milliseconds(row.p95), milliseconds(row.p99)]));
  const severity = { warning: "warn", error: "bad", critical: "bad" };
  fill("log", latency.log.map((row) => [clock(row.time_ms), { text: row.level, className: severity[row.level] || "" }, { text: row.text, className: "long" }]));
}

function show(snapshot) {
  heard = performance.now();
  shown = snapshot;
  for (const panel of [showState, showTrust, showEquity, showPositions, showOrders, showBreakers, showLatency]) panel(snapshot);
  text(at("foot"), `bybit_async ${snapshot.state.version} · ${moment(snapshot.time_ms)} UTC`);
  judge();
}

// Red or green

function verdict(health, words, problems) {
  document.body.dataset.health = health;
  text(at("verdict"), words);
  const items = at("problems");
  if (items.children.length !== problems.length || problems.some((problem, index) => items.children[index].textContent !== problem)) {
    items.replaceChildren(...problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })));
  }
  const sign = { good: "●", bad: "✖", dead: "✖" }[health] || "○";
  const title = `${sign} ${words} – bot monitor`;
  if (document.title !== title) document.title = title;
}

function judge() {
  if (!opened) return;
  if (performance.now() - heard > SILENT_AFTER) {
    verdict("dead", "No news from the bot: what stands here is old", []);
    for (const name of ["pause", "resume"]) at(name).disabled = true;
    return;
  }
  const found = shown.problems;
  const red = new Set(found.map((problem) => problem.panel));
  for (const panel of document.querySelectorAll("section")) {
    panel.toggleAttribute("data-red", red.has(panel.id.replace("panel-", "")));
  }
  if (found.length) verdict("bad", found.length === 1 ? "1 problem" : `${found.length} problems`, found.map((problem) => problem.text));
  else verdict("good", "Healthy: the bot knows what it shows", []);
}

// The connection

const ask = (path, options = {}) => fetch(path, { ...options, cache: "no-store", credentials: "omit",
  headers: { Authorization: `Bearer ${token}`, ...(options.body ? { "Content-Type": "application/json" } : {}) } });

async function begin() {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fragment) {
    // Not left in the address bar, where it would be copied along.
    token = fragment;
    history.replaceState(null, "", location.pathname);
  }
  if (!token) return signIn();
  try {
    const answer = await ask("/status");
    if (answer.status === 401) return signIn("The token was refused. ");
    if (!answer.ok) throw new Error(String(answer.status));
    sessionStorage.setItem(KEY, token);
    opened = true;
    show(await answer.json());
    listen();
  } catch {
    opened = opened || shown !== null;
    setTimeout(begin, AGAIN_AFTER);
  }
}

function listen() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/stream`,
    ["bybit-async-monitor", `token.${token}`]);
  socket.onmessage = (message) => show(JSON.parse(message.data));
  // Whether the token still holds, as after a restart with another one, is found out by asking.
  socket.onclose = () => setTimeout(begin, AGAIN_AFTER);
}

function signIn(why = "") {
  token = "";
  opened = false;
  sessionStorage.removeItem(KEY);
  verdict("waiting", `${why}A token is needed`, []);
  if (why && !at("why").textContent.startsWith(why)) at("why").prepend(why);
  if (!at("signin").open) at("signin").showModal();
}

at("signin").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("token").value = "";
  at("signin").close();
  begin();
});
at("signin").addEventListener("cancel", (event) => event.preventDefault());

// Actions

async function act(path, body) {
  text(at("said"), "");
  try {
    const answer = await ask(path, { method: "POST", body: body && JSON.stringify(body) });
    const found = await answer.json();
    if (answer.status === 401) return signIn("The token was refused. ");
    if (!answer.ok) text(at("said"), `${path.slice(1)} failed: ${found.error}`);
  } catch {
    text(at("said"), `${path.slice(1)} failed: the bot does not answer`);
  }
}

at("pause").addEventListener("click", () => act("/pause"));
at("resume").addEventListener("click", () => act("/resume"));
at("stop").addEventListener("click", () => {
  at("typed").value = at("reason").value = "";
  at("really").disabled = true;
  text(at("where"), shown ? `This is ${shown.state.mode} on ${shown.state.address}.` : "");
  at("confirm").showModal();
  at("typed").focus();
});
at("typed").addEventListener("input", () => { at("really").disabled = at("typed").value !== "STOP"; });
at("back").addEventListener("click", () => at("confirm").close());
at("confirm").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (at("typed").value !== "STOP") return;
  at("confirm").close();
  act("/emergency-stop", { confirm: at("typed").value, reason: at("reason").value });
});

setInterval(judge, 250);
begin();
