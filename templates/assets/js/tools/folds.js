// What stands behind the answer of a section is folded, but for what the address leads to.

function startFolds() {
  for (const fold of document.querySelectorAll(".behind")) fold.open = false;
  openTarget();
  addEventListener("hashchange", openTarget);
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const fold = target?.closest(".behind");
  if (!fold || fold.open) return;
  fold.open = true;
  target.scrollIntoView();
}
