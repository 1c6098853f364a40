// Words that the glossary explains: the tooltip says what they mean. A touch shows it too, where a
// click follows the link to the glossary.

function meaningOf({ hash }) {
  const entry = document.querySelector(hash);
  if (!entry) return null;
  const [title, says] = ["dt", "dd"].map((name) => entry.querySelector(name).textContent);
  return { title, says, figures: [] };
}

function startTerms() {
  offerTips(document.body, "a.term", meaningOf);
  let isTouch = false;
  document.addEventListener("pointerdown", ({ pointerType }) => (isTouch = pointerType === "touch"));
  document.addEventListener("click", (event) => {
    if (isTouch && event.detail && event.target.closest("a.term")) event.preventDefault();
  });
}
