// Starts the report.

const NEAR = { rootMargin: "600px 0px" }; // what comes so near to the window is drawn

// Maps are drawn when they come near, and again when their width changes.
const nearMaps = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const number = Number(target.dataset.text);
    if (isIntersecting && !panels.has(number)) panels.set(number, new Panel(target));
    const panel = panels.get(number);
    if (!panel) continue;
    panel.near = isIntersecting;
    if (isIntersecting) panel.update();
  }
}, NEAR);
const mapSizes = new ResizeObserver((entries) => {
  for (const { target } of entries) panels.get(Number(target.dataset.text))?.resized();
});

// Texts are coloured when they come near.
const nearStrips = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    stripIn(target).update();
    nearStrips.unobserve(target);
  }
}, NEAR);

// Watches the maps and coloured texts of a `part` of the page.
function watch(part) {
  for (const figure of part.querySelectorAll("figure.map")) {
    if (!hasMaps(figure)) continue;
    nearMaps.observe(figure);
    mapSizes.observe(figure);
  }
  for (const box of part.querySelectorAll(".strip[id]")) nearStrips.observe(box);
}

// The controls of the open text's map stand there before a reader comes to it: nothing moves then.
function prepareOpenMap() {
  const number = openNumber();
  const figure = document.getElementById(`map-${number}`);
  if (hasMaps(figure) && !panels.has(number)) panels.set(number, new Panel(figure));
}

function followLinks() {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    visitText(openNumber());
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#text="]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    visitText(numberIn(link.getAttribute("href")));
  });
  addEventListener("hashchange", followList);
  addEventListener("hashchange", followAddress);
  correctAddress(state);
}

const hasMaps = (figure) => Number(figure?.dataset.level) >= 2;

function start() {
  startTheme();
  root.addEventListener("themechange", redraw);
  root.classList.add("js");
  root.classList.toggle("alone", /[#&]embed\b/.test(location.hash));
  startFolds();
  startTips();
  startTerms();
  startReader();
  startList();
  startHelp();
  startGuide();
  offerExports(document);
  watch(document);
  followLinks();
  startPlotlyOnUse();
  (window.requestIdleCallback ?? setTimeout)(prepareOpenMap);
  if (document.readyState === "complete") startPlotlyWhenIdle();
  else addEventListener("load", startPlotlyWhenIdle);
  if (state.text === null) return;
  showText(state.text);
  const figure = document.getElementById(`map-${state.text}`);
  if (hasMaps(figure)) loadPlotly();
}

start();
