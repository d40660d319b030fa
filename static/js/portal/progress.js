// A `.progress-block` with `data-progress="/url/"` asks how far a long piece of work is, as JSON:
// {state: "waiting"|"running"|"done"|"failed", done, total, rejected, seconds_left, message, next_url}.
// The state lives on the server, so a reloaded page goes on where it was.
import { passiveFetch, repeat } from "./poll.js";

const count = (value) => (value === null || value === undefined ? "—" : Number(value).toLocaleString("zh-CN"));

function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  if (seconds < 60) return "不到 1 分钟";
  if (seconds < 3600) return `约 ${Math.round(seconds / 60)} 分钟`;
  return `约 ${(seconds / 3600).toFixed(1)} 小时`;
}

function show(block, state) {
  const bar = block.querySelector("progress");
  if (state.total) {
    bar.max = state.total;
    bar.value = state.done;
  } else if (state.state !== "done") {
    bar.removeAttribute("value");
  }
  const share = state.total ? `${Math.floor((100 * state.done) / state.total)}%` : "";
  const texts = {
    share,
    done: state.total ? `${count(state.done)} / ${count(state.total)}` : count(state.done),
    rejected: count(state.rejected ?? 0),
    left: state.state === "done" ? "已完成" : timeLeft(state.seconds_left),
    message: state.message ?? "",
  };
  for (const [name, text] of Object.entries(texts)) {
    const place = block.querySelector(`[data-part="${name}"]`);
    if (place) place.textContent = text;
  }
  block.classList.toggle("failed", state.state === "failed");
}

function watch(block) {
  const seconds = Number(block.dataset.progressSeconds || 1);
  let failures = 0;
  repeat(block, 0, async () => {
    try {
      const answer = await passiveFetch(block.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return null;
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      failures = 0;
      show(block, state);
      if (state.state === "done" && state.next_url) location.assign(state.next_url);
      if (state.state === "done" || state.state === "failed") {
        block.dispatchEvent(new CustomEvent("portal:progress-ended", { bubbles: true, detail: state }));
        return null;
      }
      return seconds;
    } catch {
      failures += 1;
      return Math.min(30, seconds * 2 ** failures);
    }
  });
}

export function startProgress(root) {
  for (const block of root.querySelectorAll("[data-progress]:not([data-watching])")) {
    block.dataset.watching = "on";
    watch(block);
  }
}
