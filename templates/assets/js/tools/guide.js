// The page in a few sentences. "Show me" sets the page for one; it then stands alone at the foot, where
// one goes back and on.

const guide = { fold: null, links: [], at: 0, foot: null, said: null, back: null, next: null };

function startGuide() {
  guide.fold = document.getElementById("guide");
  if (!guide.fold) return;
  guide.links = Array.from(guide.fold.querySelectorAll("a"));
  guide.links.forEach((link, at) => link.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation(); // it opens no text by itself
    stepTo(at, guide.next);
  }));
  guide.fold.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && guide.fold.open) leaveGuide(event);
  });
  makeFoot();
}

function makeFoot() {
  guide.said = make("p");
  guide.said.setAttribute("aria-live", "polite");
  guide.back = makeButton(say("guide_back"), () => stepTo(guide.at - 1, guide.back));
  guide.next = makeButton(say("guide_next"), () => stepTo(guide.at + 1, guide.next));
  guide.close = makeButton(say("guide_close"), leaveGuide);
  const buttons = make("span", {}, guide.back, guide.next, guide.close);
  guide.foot = make("section", { className: "guide-foot", hidden: true }, guide.said, buttons);
  guide.foot.setAttribute("aria-label", guide.fold.querySelector("summary").textContent);
  guide.foot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leaveGuide(event);
  });
  document.body.append(guide.foot);
}

function showSentence(at) {
  guide.at = at;
  guide.fold.open = false;
  guide.foot.hidden = false;
  const { dataset, previousElementSibling } = guide.links[at];
  const number = make("b", { textContent: `${at + 1} / ${guide.links.length}` });
  guide.said.replaceChildren(number, ...previousElementSibling.cloneNode(true).childNodes);
  guide.back.disabled = at === 0;
  guide.next.disabled = at === guide.links.length - 1;
  const flash = () => flashPlace(dataset.place);
  if (location.hash === dataset.address) return flash();
  addEventListener("hashchange", flash, { once: true }); // after the page has followed it
  location.hash = dataset.address;
}

// Goes on from a button at the foot. Its focus would be lost with a new address, and with a button that
// is not there any more.
function stepTo(at, button) {
  showSentence(at);
  const focused = !button.disabled ? button : button === guide.next ? guide.close : guide.next;
  focused.focus({ preventScroll: true });
}

// Outlines what the sentence at the foot is about; the outline flashes at first.
function flashPlace(id) {
  clearPlace();
  const place = document.getElementById(id)?.closest(".answer-card, .strip, figure");
  if (!place) return;
  place.scrollIntoView({ block: place.offsetHeight > innerHeight / 2 ? "start" : "center" });
  place.classList.add("shown-by-guide");
}

// Also lays out the page, so that a place that is shown again flashes again.
function clearPlace() {
  for (const place of document.querySelectorAll(".shown-by-guide")) {
    place.classList.remove("shown-by-guide");
    place.getBoundingClientRect();
  }
}

function leaveGuide(event) {
  event.preventDefault();
  clearPlace();
  guide.foot.hidden = true;
  guide.fold.open = false;
  guide.fold.querySelector("summary").focus();
}
