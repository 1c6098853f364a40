// What stands behind the answer of a section, and a folded section, is opened where the address leads
// to it.

function startFolds() {
  openTarget();
  addEventListener("hashchange", openTarget);
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  const fold = target?.closest(".behind") ?? target?.querySelector(":scope > .of-two");
  if (!fold || fold.open) return;
  fold.open = true;
  target.scrollIntoView();
}
