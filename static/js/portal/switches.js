// Dark theme and larger type, remembered for a year in cookies so that the server renders the next page right at once.

const year = 365 * 24 * 3600;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${year}; SameSite=Lax${secure}`;
}

export function startSwitches() {
  const page = document.documentElement;
  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-toggle]");
    const elder = event.target.closest("[data-elder-toggle]");
    if (theme) {
      const dark = page.dataset.bsTheme !== "dark";
      page.dataset.bsTheme = dark ? "dark" : "light";
      theme.setAttribute("aria-pressed", String(dark));
      remember("theme", page.dataset.bsTheme);
      document.dispatchEvent(new CustomEvent("portal:theme"));
    }
    if (elder) {
      const large = page.classList.toggle("elder");
      elder.setAttribute("aria-pressed", String(large));
      remember("elder", large ? "1" : "0");
      document.dispatchEvent(new CustomEvent("portal:theme"));
    }
  });
}
