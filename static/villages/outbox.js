// What a villager taps is first kept on the phone (IndexedDB), then sent. Without network it stays until there is one.
// A tap: {id (UUIDv7), activity, at (ISO), body, files: [{name, blob}], title, resident (whom it is for), owner (who was
// signed in)}. On a phone that a family shares, a tap is shown to its owner only and sent with the owner's sign-in only.
import { uuid7 } from "./ids.js";

export const LATEST_HOURS = 24;

const address = "/api/v1/villages/taps/";
let sending = null;

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("villages", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("taps", { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function run(mode, act) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const deal = base.transaction("taps", mode);
      const asked = act(deal.objectStore("taps"));
      deal.oncomplete = () => resolve(asked?.result);
      deal.onerror = () => reject(deal.error);
      deal.onabort = () => reject(deal.error);
    });
  } finally {
    base.close();
  }
}

const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? "";
const everything = () => run("readonly", (taps) => taps.getAll());
const keep = (tap) => run("readwrite", (taps) => taps.put(tap));
const drop = (id) => run("readwrite", (taps) => taps.delete(id));

// The owner's own taps, in the order in which they were made.
export async function waiting() {
  const own = (await everything()).filter((tap) => (tap.owner ?? tap.resident) === meta("owner"));
  return own.sort((one, other) => one.id.localeCompare(other.id));
}

// Signing out takes what was not sent from the phone.
export async function forget() {
  for (const tap of await waiting()) await drop(tap.id);
}

export const token = () => document.querySelector("#csrf input")?.value ?? "";

function formOf(tap) {
  const form = new FormData();
  form.append("id", tap.id);
  form.append("activity", tap.activity);
  form.append("at", tap.at);
  form.append("resident", tap.resident);
  form.append("body", JSON.stringify(tap.body));
  for (const file of tap.files) form.append(file.name, file.blob, file.name);
  return form;
}

const words = {
  busy: "系统正忙。已保存在这部手机上，稍后自动补传，不用再做一次。",
  outside: "登录已失效，或告知书尚未同意。已保存在这部手机上，重新登录后自动补传，不用再做一次。",
};

// {ok, state, message, points, url, steps} from the server; {kept: true} when it could not take it now; {ok: false,
// message} when it refuses. Only a refusal that names the tap itself drops it: a lost sign-in must lose no tap.
async function send(tap) {
  if (!token()) return { kept: true };
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST", body: formOf(tap), credentials: "same-origin", headers: { "X-CSRFToken": token(), Accept: "application/json" },
    });
  } catch {
    return { kept: true };
  }
  if (answer.status >= 500 || answer.status === 429) return { kept: true, reason: words.busy };
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401 || (answer.status === 403 && told.error?.code !== "not_helper")) return { kept: true, reason: words.outside };
  await drop(tap.id);
  if (answer.ok) return { ok: true, ...told };
  return { ok: false, message: told.error?.message ?? "未能提交，请稍后再试。" };
}

export async function submit({ activity, title = "", body = {}, files = [] }) {
  const tap = { id: uuid7(), activity, title, resident: meta("resident"), owner: meta("owner"), at: new Date().toISOString(), body, files };
  await keep(tap);
  document.dispatchEvent(new CustomEvent("villages:kept"));
  const told = navigator.onLine ? await alone(() => send(tap)) : { kept: true };
  await show();
  return told;
}

// Two open pages must not send the same tap at the same moment; the server would count it once anyway.
const alone = (act) => (navigator.locks ? navigator.locks.request("villages-outbox", act) : act());

export function flush() {
  sending ??= alone(async () => {
    const told = [];
    for (const tap of await waiting()) {
      const answer = await send(tap);
      if (answer.kept) break;
      told.push({ tap, answer });
    }
    return told;
  }).finally(() => { sending = null; });
  return sending;
}

async function show(sent = []) {
  const place = document.getElementById("outbox");
  if (!place) return;
  const left = (await waiting()).length;
  // The network's return and the page's own start may both come here: the second, which finds nothing left to send,
  // must not wipe away what the first told.
  if (!left && !sent.length && place.dataset.told) return;
  place.dataset.told = sent.length ? "1" : "";
  place.replaceChildren();
  const line = document.createElement("span");
  if (left) {
    line.textContent = `已保存 ${left} 条，尚未发送，联网后自动补传。`;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "现在发送";
    again.addEventListener("click", work);
    place.append(line, again);
  } else if (sent.length) {
    const refused = sent.filter((one) => !one.answer.ok);
    line.textContent = refused.length
      ? `补传 ${sent.length} 条，其中 ${refused.length} 条未通过：${refused[0].answer.message}`
      : `已补传 ${sent.length} 条。`;
    place.append(line);
  }
  place.hidden = !left && !sent.length;
}

async function work() {
  const sent = navigator.onLine ? await flush() : [];
  await show(sent);
  for (const one of sent) document.dispatchEvent(new CustomEvent("villages:sent", { detail: one }));
}

export function startOutbox() {
  if (!meta("owner")) return;
  addEventListener("online", work);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) work(); });
  work();
}
