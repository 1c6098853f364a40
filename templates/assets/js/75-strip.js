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
    this.units.forEach((unit, i) => {
      unit.setAttribute("role", "button");
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
    this.measures.update();
    if (this.panel?.unit != null) return;
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
    this.legend.style.minHeight = ""; // the other legend must not move what stands below
    if (chosen === null) {
      this.update();
      return;
    }
    this.legend.style.minHeight = `${this.legend.getBoundingClientRect().height}px`;
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
      token: shape.labels[at[chosen]],
      view: this.panel.viewName(),
      most: about(top * view.factor, view.summed),
    });
  }
}
