// An element with `data-poll="/fragment/"` asks for its own new contents every `data-poll-seconds` (15 by default).
// The header X-Passive-Poll tells the server that nobody is acting: it neither extends the session nor logs a view.
// Answers: 200 with a fragment replaces the contents; 204 or the same ETag leaves them; 401, 403 or a redirect to
// sign-in stops. The page asks only while it is visible, and less often while the server does not answer.

const slowest = 120;

export function passiveFetch(url, init = {}) {
  return fetch(url, {
    ...init,
    credentials: "same-origin",
    redirect: "manual",
    headers: { "X-Passive-Poll": "1", "X-Requested-With": "fetch", ...init.headers },
  });
}

// Runs `ask` again and again; it returns the seconds until the next time, or null to stop.
export function repeat(element, seconds, ask) {
  let timer = 0;
  let running = false;
  const next = (wait) => { clearTimeout(timer); timer = setTimeout(run, wait * 1000); };
  async function run() {
    if (!element.isConnected) return document.removeEventListener("visibilitychange", wake);
    if (document.hidden || running) return;
    running = true;
    try {
      const wait = await ask();
      if (wait === null) document.removeEventListener("visibilitychange", wake);
      else next(wait);
    } finally {
      running = false;
    }
  }
  function wake() { if (!document.hidden) next(0.2); }
  document.addEventListener("visibilitychange", wake);
  next(seconds);
}

function poll(element) {
  const seconds = Number(element.dataset.pollSeconds || 15);
  let failures = 0;
  let etag = "";
  let last = "";
  repeat(element, seconds, async () => {
    let answer;
    try {
      answer = await passiveFetch(element.dataset.poll, etag ? { headers: { "If-None-Match": etag } } : {});
    } catch {
      failures += 1;
      return Math.min(slowest, seconds * 2 ** failures);
    }
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return null;
    if (answer.status >= 400) {
      failures += 1;
      return Math.min(slowest, seconds * 2 ** failures);
    }
    failures = 0;
    if (answer.status === 200 && !element.contains(document.activeElement)) {
      const text = await answer.text();
      if (text !== last) {
        last = text;
        element.innerHTML = text;
        etag = answer.headers.get("ETag") ?? "";
        window.htmx?.process(element);
        element.dispatchEvent(new CustomEvent("portal:arrived", { bubbles: true }));
      }
    }
    return seconds;
  });
}

export function startPolling(root) {
  const found = [...root.querySelectorAll("[data-poll]")];
  if (root.matches?.("[data-poll]")) found.push(root);
  for (const element of found) {
    if (element.dataset.polling) continue;
    element.dataset.polling = "on";
    poll(element);
  }
}
