// The list of what the colours of a text show: one of its measures, the first by default.

class Measures {
  constructor(number) {
    const block = document.getElementById(`measures-${number}`);
    if (!block) return; // there is one measure only, and the text has its colours
    this.all = JSON.parse(block.textContent);
    const options = this.all.map(({ id, name }) => {
      const agreement = page.agreement[id];
      return [id, agreement === undefined ? name : say("agreement_beside", { name, agreement })];
    });
    const { control, label } = makeSelect(say("colours"), options, (id) =>
      choose(number, { measure: id === this.all[0].id ? null : id, token: null }));
    this.control = control;
    document.querySelector(`#colours-${number} > span`).replaceWith(label);
  }

  // The chosen measure, or the first where this text does not have it.
  get shown() {
    return this.all && (this.all.find(({ id }) => id === state.measure) ?? this.all[0]);
  }

  update() {
    if (!this.control) return;
    this.showOther(null);
    this.control.value = this.shown.id;
  }

  // While a token is chosen, the colours show where it looks: adds an entry that says so.
  showOther(name) {
    if (!this.control) return;
    this.control.querySelector("[value='']")?.remove();
    if (name === null) return;
    this.control.prepend(make("option", { value: "", textContent: name }));
    this.control.value = "";
  }
}
