// The dongle starts again; the page waits for it.

import {ask} from "./api.js";
import {confirmed, pause} from "./dom.js";
import {t} from "./words.js";

const BEFORE_MS = 2500;
const BETWEEN_MS = 1500;

export async function restart(sure = true) {
  if (!sure && !await confirmed(t("restart.title"), t("restart.text"), t("restart.now"), false)) return;
  await ask("POST", "restart", {confirm: true});
  dispatchEvent(new Event("gone"));
  await back();
  dispatchEvent(new Event("back"));
}

// Until the dongle answers again.
export async function back() {
  await pause(BEFORE_MS);
  for (;;) {
    try {
      return await ask("GET", "session");
    } catch {
      await pause(BETWEEN_MS);
    }
  }
}
