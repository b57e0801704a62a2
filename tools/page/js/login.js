// The log-in form.

import {ask} from "./api.js";
import {$, say} from "./dom.js";
import {t} from "./words.js";

export function startLogin(entered) {
  const form = $("#login form");
  const field = $("#password");
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      await ask("POST", "login", {password: field.value});
      field.value = "";
      problem("");
      await entered();
    } catch (error) {
      problem(why(error));
      field.focus();
      field.select();
    } finally {
      button.disabled = false;
    }
  });
}

export function showLogin(session) {
  problem("");
  say($("#login-why"), t(session.set_up ? "login.why" : "login.label"));
}

export const clearPassword = () => $("#password").value = "";

function problem(text) {
  say($("#password-problem"), text);
  $("#password").setAttribute("aria-invalid", text !== "");
}

// A sentence for whatever a question ended with.
export function why(error) {
  return error.status === 401 ? t("login.wrong") : error.status === 429 ? t("login.wait", {seconds: error.wait || 2}) :
    error.status === 0 ? t("problem.no_answer") : error.status === 503 ? t("problem.busy") : t("problem.other", {status: error.status ?? "?", text: error.message});
}
