// What the colours of a text show: one of its measures, the first by default. The others are folded,
// those that agree best with what changes the prediction in front.

class Measures {
  constructor(number) {
    this.number = number;
    this.chip = makeButton("", (event) => this.release(event), { className: "looking-at", hidden: true });
    const block = document.getElementById(`measures-${number}`);
    if (!block) { // there is one measure only, and the text has its colours
      document.getElementById(`legend-${number}`).after(this.chip);
      return;
    }
    this.looks = document.getElementById(`text=${number}`).querySelector(".influence").dataset.looks;
    this.all = JSON.parse(block.textContent).map(unpacked);
    const [first, ...others] = this.all;
    const agreement = ({ id }) => parseFloat((page.agreement[id] ?? "-2").replace("−", "-"));
    others.sort((a, b) => agreement(b) - agreement(a));
    this.group = this.makeGroup(say("colours"), [first, ...others]);
    this.menu = make("details", {}, make("summary", { textContent: say("more_colours") }), this.group.label);
    document.querySelector(`#colours-${number} > span`).replaceWith(this.menu, this.chip);
  }

  makeGroup(label, some) {
    const { number } = this;
    const options = some.map((measure) => [measure.id, shortName(measure), page.agreement[measure.id]]);
    const group = makeRadios(label, `measure-${number}`, options, (id) =>
      choose(number, { measure: id === this.all[0].id && !panels.get(number)?.isMapKept() ? null : id, token: null }));
    offerTips(group.label, "label", (button) => {
      const id = button.querySelector("input").value;
      const found = page.agreement[id];
      const figures = found === undefined ? [] : [[say("agreement_is"), found]];
      return { title: page.names[id], says: page.about[id], figures };
    });
    if (some.some(({ id }) => id in page.agreement)) this.tellAgreement(group.label, label, some);
    return group;
  }

  // What the figures on the buttons are, which are of all texts and not of this one.
  tellAgreement(box, label, some) {
    const term = make("a", { className: "term", href: "#term-agreement", textContent: say("agreement_term") });
    const [before, after] = say("agreement_beside").split("{term}");
    box.querySelector(".name").append(" ", make("small", {}, before, term, after));
    box.setAttribute("aria-label", `${label} ${before}${term.textContent}${after}`);
    for (const measure of some) {
      const found = page.agreement[measure.id];
      if (found === undefined) continue;
      const name = `${shortName(measure)} ${found} (${say("agreement_is")})`;
      box.querySelector(`input[value="${CSS.escape(measure.id)}"]`).setAttribute("aria-label", name);
    }
  }

  // The chosen measure, or the first where this text does not have it.
  get shown() {
    return this.all && (this.all.find(({ id }) => id === state.measure) ?? this.all[0]);
  }

  get first() {
    return this.all?.[0].id;
  }

  // Pairs of a name and a value: how much the model looks at a unit, and what changes without it. The
  // first measure's values are those of the strip.
  figuresOf(i, first) {
    if (!this.all) return [];
    const attention = this.all.find(({ id }) => id === this.looks);
    const change = this.all.find(({ id }) => id === "effect");
    return [attention, change].filter(Boolean)
      .map((measure) => [shortName(measure), measure === this.all[0] ? first[i][1] : measure.shown[i]])
      .filter(([, value]) => value !== undefined);
  }

  // The same without how much the model looks at it.
  changesOf(i, first) {
    const looked = this.all?.find(({ id }) => id === this.looks);
    return this.figuresOf(i, first).filter(([name]) => !looked || name !== shortName(looked));
  }

  update() {
    this.show(this.all ? this.shown.id : null, "");
  }

  // While a token is chosen, the colours show where it looks: no measure, but a button that says so
  // and releases it.
  showOther(name) {
    this.show(null, name, { token: null });
  }

  // While a map is kept, the colours are its own: a button says which one it is, and goes back.
  showMap(name, back) {
    this.show(null, say("colours_now", { view: name }), back);
  }

  // `other` is what the colours show in place of a measure, `back` the choice that ends it.
  show(id, other, back = {}) {
    this.group?.show(id);
    if (this.all && this.shown !== this.all[0]) this.menu.open = true;
    this.back = back;
    this.chip.hidden = other === "";
    this.chip.replaceChildren(make("span", { textContent: other }), " ×");
    this.chip.setAttribute("aria-label", other && say("release", { name: other }));
  }

  // Goes back to the text's own colours; with the keyboard, on to what can be chosen there.
  release({ detail }) {
    choose(this.number, this.back);
    if (detail === 0) (this.menu?.firstChild ?? document.querySelector(`#strip-${this.number} [tabindex="0"]`)).focus();
  }
}

const shortName = ({ id }) => page.short[id] ?? page.names[id];

// The step of a colour is one character: of 36 digits, those from 16 on stand for -1 and below.
function stepOf(character) {
  const digit = parseInt(character, 36);
  return Number.isNaN(digit) ? null : digit < 16 ? digit : 15 - digit;
}

function unpacked({ id, legend, steps, shown, unit }) {
  if (steps === undefined) return { id }; // the first: the strip has its colours
  return {
    id,
    legend: [page.about[id], legend].filter(Boolean).join(say("space")),
    steps: Array.from(steps, stepOf),
    shown: shown.split("|").map((value) => value + unit),
  };
}
