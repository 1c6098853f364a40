// The help card: how to read the page, and its keys.

function startHelp() {
  const card = document.getElementById("help");
  const button = document.getElementById("help-button");
  if (!card?.showModal) return;
  button.hidden = false;
  button.addEventListener("click", openHelp);
  card.querySelector(".close").addEventListener("click", () => card.close());
  card.addEventListener("click", (event) => {
    if (event.target === card) card.close(); // a click beside the card
  });
  const keys = document.getElementById("keys-on");
  keys.checked = keysOn;
  keys.addEventListener("change", () => switchKeys(keys.checked));
  addEventListener("keydown", onKey);
}

// The browser keeps the focus inside, closes the card on Escape and gives the focus back.
function openHelp() {
  const card = document.getElementById("help");
  card.showModal();
  card.querySelector(".close").focus();
}
