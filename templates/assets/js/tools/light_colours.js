// Saved pictures have light colours, whatever the page has.

// Returns what `work` returns while the page has its light colours, as pictures do. Nothing is
// painted meanwhile.
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
