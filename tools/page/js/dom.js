// The few things that a page without a framework needs of the document.

export const $ = selector => document.querySelector(selector);

// An element: properties as they are, attributes with a hyphen or in small letters that are no property, then what is in it.
export function el(tag, more = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined || value === false) continue;
    if (name in made && !name.includes("-")) made[name] = value; else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...inside.filter(each => each !== null && each !== undefined));
  return made;
}

// Writing only what is new keeps screen readers and layout quiet.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A password that is being typed, with a button that lets one see it.
export function revealable(input, names) {
  const button = el("button", {type: "button"}, names[0]);
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = names[+hidden];
  });
  return el("div", {className: "secret"}, input, button);
}

// A row of buttons of which one is chosen; arrows move as in any group of radio buttons.
export function choice(group, chosen, act) {
  const buttons = [...group.querySelectorAll("button")];
  const mark = value => {
    for (const each of buttons) {
      each.setAttribute("aria-checked", each.value === value);
      each.tabIndex = each.value === value ? 0 : -1;
    }
  };
  group.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    mark(button.value);
    act(button.value);
  });
  group.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1}[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });
  mark(chosen);
}

// Ask before something that cannot be taken back.
export function confirmed(title, text, yes, danger) {
  const box = $("#ask");
  say(box.querySelector("h2"), title);
  say(box.querySelector("p"), text);
  const button = box.querySelector("[value=yes]");
  say(button, yes);
  button.classList.toggle("danger", danger);
  button.classList.toggle("primary", !danger);
  box.returnValue = "no";
  box.showModal();
  return new Promise(done => box.addEventListener("close", () => done(box.returnValue === "yes"), {once: true}));
}

export function download(name, text, kind) {
  const link = el("a", {href: URL.createObjectURL(new Blob([text], {type: kind})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export const pause = ms => new Promise(done => setTimeout(done, ms));
