// With scripts one text at a time is open, beside the list. Paper shows all texts.

const texts = Array.from(document.querySelectorAll(".panel.two"));

// Opens the text that the address names, else the one that is open, else the first.
function openNamed() {
  const id = new URLSearchParams(location.hash.slice(1)).get("id");
  if (id !== null) location.replace(`#text=${numberOfId(id) ?? ""}`);
  const named = document.getElementById(location.hash.slice(1));
  const open = texts.includes(named) ? named : (texts.find((text) => text.classList.contains("open")) ?? texts[0]);
  for (const text of texts) text.classList.toggle("open", text === open);
  for (const link of document.querySelectorAll(".pick")) {
    if (open && link.hash === `#${open.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  return texts.includes(named) ? named : null;
}

function startTexts() {
  openNamed();
  addEventListener("hashchange", () => {
    const open = openNamed();
    const heading = open?.querySelector("h3");
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "nearest" });
  });
}

// While its map is pressed, or the space bar is held there, a text shows the old model's map.
function startHolding() {
  for (const box of document.querySelectorAll(".one-map")) {
    const hold = (isHeld) => box.classList.toggle("held", isHeld);
    const isOnMap = ({ target }) => Boolean(target.closest("svg, .scroll"));
    box.addEventListener("pointerdown", (event) => hold(isOnMap(event)));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) box.addEventListener(end, () => hold(false));
    box.addEventListener("keydown", (event) => {
      if (event.key !== " " || !isOnMap(event)) return;
      event.preventDefault(); // the page would scroll
      hold(true);
    });
    // A press takes the focus from a button of the choice, which must not end it.
    for (const end of ["keyup", "focusout"]) box.addEventListener(end, (event) => isOnMap(event) && hold(false));
  }
}
