// One tooltip for the page: what a token, a cell of a map or a head has to say. It comes with the
// pointer, with the focus and with a touch, stays while the pointer is on it, and goes with Escape.

const LINGERS = 150; // milliseconds that the pointer has to get from a thing to its tooltip
const STAYS = 60; // pixels of scrolling up to which it stays
const ASIDE = 10; // pixels between the two

const tip = setAttributes(make("div", { id: "tip", className: "tip", hidden: true }), { role: "tooltip" });
let tipped = null; // what the tooltip is of: { owner, content }
let leaving = null;
let shownAt = 0; // where the page was scrolled to
let clicked = [-9, -9]; // where a mouse clicked last: what comes to lie under it there is not pointed at

// `content()` returns the title, maybe what it `says`, and pairs of a name and a value, or null; `box` is
// where the thing is.
function showTip(owner, box, content, canBeEntered = true) {
  clearTimeout(leaving);
  if (!fillTip(content)) return hideTip();
  if (tipped && tipped.owner !== owner) tipped.owner?.removeAttribute("aria-describedby");
  tipped = { owner, content };
  // The name of a head says it all already.
  if (owner?.getAttribute("role") !== "gridcell") owner?.setAttribute("aria-describedby", "tip");
  if (!tip.isConnected) document.body.append(tip);
  tip.hidden = false;
  shownAt = scrollY;
  tip.classList.toggle("passing", !canBeEntered);
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(innerWidth - width - 8, (box.left + box.right - width) / 2));
  const above = box.top - height - ASIDE;
  const top = above > 8 ? above : Math.min(innerHeight - height - 8, box.bottom + ASIDE);
  Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
  return undefined;
}

function fillTip(content) {
  const found = content();
  if (!found) return false;
  const figures = found.figures.map(([name, value]) =>
    make("span", {}, `${name} `, make("b", { textContent: value })));
  const says = found.says ? [make("span", { textContent: found.says })] : [];
  tip.replaceChildren(make("bdi", { textContent: found.title }), ...says, ...figures);
  return true;
}

function hideTip() {
  clearTimeout(leaving);
  tipped?.owner?.removeAttribute("aria-describedby");
  tipped = null;
  tip.hidden = true;
}

function leaveTip() {
  clearTimeout(leaving);
  leaving = setTimeout(hideTip, LINGERS);
}

// After a change of what is shown.
function refreshTip() {
  if (tipped && !fillTip(tipped.content)) hideTip();
}

// `content(element)` is asked for each thing that the pointer or the focus comes to inside `place`.
function offerTips(place, selector, content) {
  const show = ({ target, type, clientX, clientY }) => {
    const owner = target.closest(selector);
    const isStill = type === "pointerover" && Math.hypot(clientX - clicked[0], clientY - clicked[1]) < 2;
    if (owner && !isStill) showTip(owner, owner.getClientRects()[0], () => content(owner));
  };
  place.addEventListener("pointerover", show);
  place.addEventListener("focusin", show);
  place.addEventListener("pointerout", ({ pointerType }) => pointerType !== "touch" && leaveTip());
  place.addEventListener("focusout", ({ target }) => tipped?.owner === target.closest(selector) && hideTip());
  // Who has clicked wants to see what follows, which may be under the tooltip.
  place.addEventListener("click", ({ pointerType, clientX, clientY }) => {
    if (pointerType !== "mouse") return;
    clicked = [clientX, clientY];
    hideTip();
  });
}

function startTips() {
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leaveTip);
  // Browsers scroll a little by themselves when something above grows.
  addEventListener("scroll", () => Math.abs(scrollY - shownAt) > STAYS && hideTip(), { passive: true });
  // A touch elsewhere closes it; Escape closes it first, before it releases what is chosen.
  document.addEventListener("pointerdown", ({ target }) => {
    if (tipped && !tipped.owner?.contains(target) && !tip.contains(target)) hideTip();
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || tip.hidden) return;
    hideTip();
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
}
