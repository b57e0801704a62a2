// One setting as one sees it: its name, a line about it, a control that suits its kind, what is wrong with it.

import {el, revealable, say} from "./dom.js";
import {language, look, number, t} from "./words.js";

// {node, key, changed(): whether, value(): what to send, complain(sentence)}; a secret's value is whether it is set.
export function makeField(field, value, id = field.key) {
  const problem = el("p", {className: "problem", id: id + "-problem"});
  const text = look("fields." + field.key);
  const hint = el("p", {className: "hint", id: id + "-hint"}, text ? text[1] : field.help);
  const label = el("label", {htmlFor: id}, text ? text[0] : field.key);
  const made = field.secret ? secret(field, value) : field.kind === "choice" ? choices(field, value) : plain(field, value);
  const {input} = made;
  input.id = id;
  input.name = field.key;
  input.setAttribute("aria-describedby", hint.id + " " + problem.id);
  const tick = input.type === "checkbox";
  const node = tick ? el("div", {className: "field tick"}, input, label, hint, problem) : el("div", {className: "field"}, label, hint, made.node || input, problem);
  const complain = sentence => {
    say(problem, sentence ? translated(field, sentence) : "");
    input.setAttribute("aria-invalid", Boolean(sentence));
  };
  input.addEventListener("input", () => complain(""));
  return {node, key: field.key, input, value: made.value, changed: made.changed || (() => made.value() !== value), complain};
}

function plain(field, value) {
  const whole = field.kind === "int";
  const input = el("input", {
    type: "text", value: String(value), autocomplete: "off", spellcheck: false, autocapitalize: "off", ...whole && {inputMode: "numeric"},
  });
  // What is no number goes as it is: the dongle says what is wrong with it.
  return {input, value: () => whole && /^\s*\d+\s*$/.test(input.value) ? Number(input.value) : input.value};
}

function choices(field, value) {
  const [off, on] = field.limits.length === 2 && (field.limits.includes("on") ? ["off", "on"] : field.limits.includes("yes") ? ["no", "yes"] : []) || [];
  if (on) {
    const input = el("input", {type: "checkbox", role: "switch", checked: value === on});
    return {input, value: () => input.checked ? on : off};
  }
  const input = el("select", {}, ...field.limits.map(each => el("option", {value: each, selected: each === value}, look(`options.${field.key}`)?.[each] || each)));
  return {input, value: () => input.value};
}

// Write-only: what is set stays until something else is typed, or it is removed.
function secret(field, set) {
  const input = el("input", {type: "password", autocomplete: "new-password", placeholder: t(set ? "secret.set" : "secret.unset")});
  let removed = false;
  if (!set) return {input, node: revealable(input, [t("secret.show"), t("secret.hide")]), value: () => input.value, changed: () => input.value !== ""};
  const button = el("button", {type: "button", "aria-pressed": "false"}, t("secret.remove"));
  button.addEventListener("click", () => {
    removed = !removed;
    button.setAttribute("aria-pressed", removed);
    button.textContent = t(removed ? "secret.keep" : "secret.remove");
    input.disabled = removed;
    input.placeholder = t(removed ? "secret.gone" : "secret.set");
    if (removed) input.value = "";
    input.dispatchEvent(new Event("input", {bubbles: true}));
  });
  return {input, node: el("div", {className: "secret"}, input, button), value: () => input.value, changed: () => removed || input.value !== ""};
}

// The dongle says it in English; elsewhere the rule of the field's kind says the same.
function translated(field, sentence) {
  const [low, high] = [].concat(field.limits);
  const rule = language() === "en" ? "" : look("rules." + field.kind);
  if (rule) return t("rules." + field.kind, {low: low === undefined ? "" : number(+low || 0), high: high === undefined ? "" : number(+high || 0)});
  const plain = sentence.startsWith(field.key + " ") ? sentence.slice(field.key.length + 1) : sentence;
  return plain[0].toUpperCase() + plain.slice(1) + ".";
}
