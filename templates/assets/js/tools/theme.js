// Light or dark: as the reader's system has it, or as switched here, which is remembered. A change
// is announced by the event "themechange" of the root element.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
}

const announceTheme = () => root.dispatchEvent(new Event("themechange"));

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  stored("theme", root.dataset.theme);
  announceTheme();
}

function startTheme() {
  const theme = stored("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", switchTheme);
  prefersDark.addEventListener("change", announceTheme);
}
