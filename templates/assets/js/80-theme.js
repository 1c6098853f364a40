// Light or dark: by preference, or by the switch, remembered where there is storage.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

function isDark() {
  return (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
}

// What is remembered from visit to visit under a name, or null.
function stored(name, value) {
  try {
    if (value) localStorage.setItem(`reportgen-${name}`, value);
    return localStorage.getItem(`reportgen-${name}`);
  } catch {
    return null; // a sandboxed frame has no storage
  }
}

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  stored("theme", root.dataset.theme);
  changed();
}

function startTheme() {
  const theme = stored("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", switchTheme);
  prefersDark.addEventListener("change", changed);
}

// What `work` gives while the page wears its light colours, as pictures do; nothing is painted
// meanwhile.
function inLight(work) {
  const theme = root.dataset.theme;
  root.dataset.theme = "light";
  try {
    return work();
  } finally {
    if (theme === undefined) delete root.dataset.theme;
    else root.dataset.theme = theme;
  }
}
