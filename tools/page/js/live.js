// The stream of readings: opened while somebody looks, opened again by itself, and one question now and then where it cannot be had.

import {ask} from "./api.js";

const SOON_MS = 300;
const AGAIN_MS = 3000;
const SEATED_MS = 10000;
// A stream in which nothing at all comes for so long is dead, whatever the browser thinks.
const DEAD_MS = 60000;

let source = null;
let wanted = false;
let timer = 0;
let heard = 0;
let tell = () => {};

// tell(kind, object): "reading", "status", or "line" with true or false for whether the dongle answers.
export function watch(listener) {
  tell = listener;
  wanted = true;
  open();
}

export function unwatch() {
  wanted = false;
  close();
}

function close() {
  clearTimeout(timer);
  if (source) source.close();
  source = null;
}

function open() {
  close();
  if (!wanted || document.hidden) return;
  heard = Date.now();
  source = new EventSource("/api/v1/events");
  for (const kind of ["reading", "status"]) {
    source.addEventListener(kind, event => {
      heard = Date.now();
      tell("line", true);
      tell(kind, JSON.parse(event.data));
    });
  }
  source.onerror = () => {
    // What the browser retries itself it retries at once, and for ever; here it is asked what is wrong first.
    close();
    timer = setTimeout(poll, SOON_MS);
  };
}

async function poll() {
  if (!wanted || document.hidden) return;
  try {
    tell("reading", await ask("GET", "readings"));
    tell("line", true);
    timer = setTimeout(open, SEATED_MS);
  } catch (error) {
    tell("line", error.status > 0);
    timer = setTimeout(poll, AGAIN_MS);
  }
}

document.addEventListener("visibilitychange", () => document.hidden ? close() : wanted && open());
setInterval(() => source && Date.now() - heard > DEAD_MS && open(), 5000);
