// Everything starts here.

// The text at hand first; the others that are near follow when there is time.
async function changed() {
  for (const strip of strips.values()) strip.update();
  const first = panels.get(state.text);
  await first?.update();
  for (const panel of panels.values()) {
    if (panel === first) continue;
    await new Promise((resolve) => setTimeout(resolve, 30));
    await panel.update();
  }
}

function start() {
  startTheme();
  root.classList.add("js");
  startReader();
  startList();
  startHelp();
  offerExports(document);
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const number = Number(target.dataset.text);
      if (isIntersecting && !panels.has(number)) panels.set(number, new Panel(target));
      const panel = panels.get(number);
      if (!panel) continue;
      panel.near = isIntersecting;
      if (isIntersecting) panel.update();
    }
  }, { rootMargin: "600px 0px" });
  const nearText = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      stripOf(Number(target.id.slice("strip-".length))).update();
      nearText.unobserve(target);
    }
  }, { rootMargin: "600px 0px" });
  for (const box of document.querySelectorAll(".strip[id]")) nearText.observe(box);
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) panels.get(Number(target.dataset.text))?.update();
  });
  for (const figure of document.querySelectorAll("figure.map")) {
    if (Number(figure.dataset.level) < 2) continue;
    near.observe(figure);
    sizes.observe(figure);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#text="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    visitText(Number(link.getAttribute("href").slice(6)));
  });
  addEventListener("hashchange", followList);
  addEventListener("hashchange", followAddress);
  tidyAddress(state);
  if (state.text === null) return;
  showText(state.text);
  const figure = document.getElementById(`map-${state.text}`);
  if (figure?.dataset.level >= 2) loadPlotly().catch(() => {}); // drawing says what failed
}

start();
