// The highlighted text: one tab stop, arrow keys between tokens, Enter to choose one.

const STEPS = 15;

class Strip {
  constructor(number) {
    this.measures = new Measures(number);
    this.box = document.getElementById(`strip-${number}`);
    this.legend = document.getElementById(`legend-${number}`);
    this.units = Array.from(this.box.querySelectorAll(".u"));
    this.fixed = this.units.map((unit) => [unit.className, unit.title, unit.querySelector("small")?.textContent]);
    this.said = this.legend.textContent;
    this.panel = null;
  }

  // With a map, a token can be chosen to see where it looks.
  listen(panel) {
    this.panel = panel;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", say("strip_help"));
    this.answer = make("p", { className: "answer live", textContent: say("choose") });
    this.answer.setAttribute("aria-live", "polite");
    this.box.after(this.answer);
    const { labels } = panel.data;
    this.units.forEach((unit, i) => {
      unit.setAttribute("role", "button");
      const name = tokenName({ labels }, i);
      if (name !== labels[i] && !unit.querySelector("small")) unit.setAttribute("aria-label", name);
      unit.setAttribute("aria-pressed", "false");
      unit.tabIndex = i ? -1 : 0;
    });
    this.box.addEventListener("click", (event) => this.onClick(event));
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  onClick(event) {
    const at = this.units.indexOf(event.target.closest(".u"));
    if (at < 0) return;
    this.focus(at);
    this.panel.chooseUnit(at);
  }

  onKey(event) {
    const at = this.units.indexOf(document.activeElement);
    const last = this.units.length - 1;
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.focus(Math.min(last, Math.max(0, to)));
    else if (event.key === "Enter" || event.key === " ") this.panel.chooseUnit(at);
    else if (event.key === "Escape" && this.panel.unit !== null) this.panel.chooseUnit(null);
    else return;
    event.preventDefault();
  }

  focus(at) {
    this.units.forEach((unit, i) => (unit.tabIndex = i === at ? 0 : -1));
    this.units[at].focus();
  }

  set(unit, className, title, share) {
    Object.assign(unit, { className, title });
    const small = unit.querySelector("small"); // special tokens print their share
    if (small) small.textContent = share;
  }

  // The measure that is chosen, unless the strip shows where a token looks.
  update() {
    if (this.panel?.unit != null) return;
    this.measures.update();
    if (this.answer) this.answer.textContent = say("choose");
    this.box.classList.remove("looking");
    this.legend.style.minHeight = "";
    const shown = this.measures.shown;
    if (!shown || shown === this.measures.all[0]) {
      this.units.forEach((unit, i) => this.set(unit, ...this.fixed[i]));
      this.legend.textContent = this.said;
      return;
    }
    this.units.forEach((unit, i) => {
      const step = shown.steps[i];
      const text = shown.shown[i];
      const name = step === null ? "u s" : `u h${Math.abs(step)}${step < 0 ? " m" : ""}`;
      this.set(unit, name, text, text);
    });
    this.legend.textContent = shown.legend;
  }

  // Where the chosen token looks, or what looks at it where its row is not shown; without one, the
  // measure again. A unit of something that is drawn as one, such as a word, has the colour of that.
  show(shape, view, chosen) {
    this.units.forEach((unit, i) => unit.setAttribute("aria-pressed", String(i === chosen)));
    if (chosen === null) {
      this.update();
      return;
    }
    if (!this.box.classList.contains("looking")) this.room = this.roomTaken();
    this.legend.style.minHeight = "";
    this.box.classList.add("looking");
    const { at, count, isSpecial } = shape;
    const looks = view.z.subarray(at[chosen] * count, (at[chosen] + 1) * count);
    const isShown = looks.some((value) => !Number.isNaN(value));
    const row = isShown ? looks : looks.map((_, q) => view.z[q * count + at[chosen]]);
    const top = row.reduce((most, value, k) => (!isSpecial[k] && value > most ? value : most), 0);
    this.units.forEach((unit, i) => {
      const k = at[i];
      const share = Number.isNaN(row[k]) ? 0 : row[k];
      const step = top > 0 && !isSpecial[k] ? Math.round(STEPS * Math.min(1, share / top)) : 0;
      const text = Number.isNaN(row[k]) ? "" : weight(share * view.factor, view.summed, true);
      this.set(unit, `u${isSpecial[k] ? " s" : ""} h${step}${k === at[chosen] ? " chosen" : ""}`, text, text);
    });
    this.legend.textContent = say(isShown ? "looking" : "looked_at", {
      token: tokenName(shape, at[chosen]),
      view: this.panel.viewName(),
      most: about(top * view.factor, view.summed),
    });
    this.measures.look(say("where_looks", { token: tokenName(shape, at[chosen]) }));
    this.answer.textContent = answer(shape, view, at[chosen]);
    // The other sentences must not move what stands below.
    const left = this.room - this.roomTaken();
    if (left > 0) this.legend.style.minHeight = `${this.legend.getBoundingClientRect().height + left}px`;
  }

  // From the text to the end of what is said of it.
  roomTaken() {
    return this.legend.getBoundingClientRect().bottom - this.box.getBoundingClientRect().bottom;
  }
}

// What the chosen token gives most of its attention to, and what it receives; in one sentence each.
function answer(shape, view, chosen) {
  const { count, isSpecial } = shape;
  const token = tokenName(shape, chosen);
  const said = [];
  const row = view.z.subarray(chosen * count, (chosen + 1) * count);
  const best = row.reduce((at, value, k) => (value > (row[at] || -1) ? k : at), 0);
  const share = (value) => about(value * view.factor, view.summed);
  if (row[best] > 0) said.push(say("gives", { token, to: tokenName(shape, best), share: share(row[best]) }));
  const received = view.received[chosen];
  const content = Array.from(view.received).filter((value, k) => !isSpecial[k] && value !== null);
  const mean = content.reduce((sum, value) => sum + value, 0) / content.length;
  if (received !== null && mean > 0) {
    const exact = view.exact ? weight(received * view.factor, view.summed, false) : share(received);
    said.push(say("receives", { token, share: exact, times: decimal(received / mean, 1) }));
  }
  return said.join(say("space"));
}
