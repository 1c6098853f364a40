// Two tabs over the list: the texts to start with, and all of them.

const tabs = { box: null, row: null, few: null, all: null };

function startTabs(n) {
  const notable = document.getElementById("notable");
  if (!notable) return;
  tabs.box = notable.parentElement;
  const makeTab = (isFew, name, count) => {
    const tab = makeButton(`${name} `, () => showFew(isFew));
    tab.append(make("small", { textContent: count.toLocaleString("en") }));
    return tab;
  };
  const few = Number(notable.querySelector("h3 small").textContent); // an example is none of them
  tabs.few = makeTab(true, say("tab_few"), few);
  tabs.all = makeTab(false, say("tab_all"), n);
  tabs.row = make("div", { className: "tabs" }, tabs.few, tabs.all);
  tabs.box.prepend(tabs.row);
  showFew(true);
}

function showFew(isFew) {
  if (!tabs.box) return;
  tabs.box.classList.toggle("few", isFew);
  tabs.few.setAttribute("aria-pressed", String(isFew));
  tabs.all.setAttribute("aria-pressed", String(!isFew));
}
