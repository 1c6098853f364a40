// What stands behind the answer of a section is opened where the address leads into it.

function startFolds() {
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
