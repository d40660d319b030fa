// Who is signed in on this phone, as two numbers: what is tapped on the page without network must know whose it is.
const names = ["owner", "resident"];

export function rememberWho() {
  for (const name of names) localStorage.setItem(`villages-${name}`, document.querySelector(`meta[name=${name}]`).content);
}

export function forgetWho() {
  for (const name of names) localStorage.removeItem(`villages-${name}`);
}

// Writes what is remembered into the page's head; false when nobody is signed in.
export function recallWho() {
  for (const name of names) {
    const value = localStorage.getItem(`villages-${name}`);
    if (!value) return false;
    const meta = document.createElement("meta");
    meta.name = name;
    meta.content = value;
    document.head.append(meta);
  }
  return true;
}
