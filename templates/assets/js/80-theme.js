// Light or dark: by preference, or by the switch, remembered where there is storage.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

function isDark() {
  return (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
}

function stored(theme) {
  try {
    if (theme) localStorage.setItem("reportgen-theme", theme);
    return localStorage.getItem("reportgen-theme");
  } catch {
    return null; // a sandboxed frame has no storage
  }
}

function startTheme() {
  const theme = stored();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    stored(root.dataset.theme);
    changed();
  });
  prefersDark.addEventListener("change", changed);
}
