// Questions to the dongle: one after the other, since its memory holds one answer at a time; each with a deadline.

import {pause} from "./dom.js";

const PATIENCE_MS = 25000;
const TRIES = 4;
let last = Promise.resolve();

export class Refused extends Error {
  // status 0: nobody answered. problems: {key: sentence}; wait: seconds until it makes sense to ask again.
  constructor(status, answer = {}, wait = 0) {
    super(answer.error || "");
    this.status = status;
    this.problems = answer.problems;
    this.wait = wait;
  }
}

// The answer: an object, a text, or null. Raises Refused.
export function ask(method, path, body) {
  const mine = last.then(() => patiently(method, path, body));
  last = mine.catch(() => {});
  return mine;
}

async function patiently(method, path, body) {
  for (let n = 1; ; n++) {
    try {
      return await once(method, path, body);
    } catch (error) {
      // Short of memory for a moment.
      if (error.status !== 503 || n === TRIES) throw error;
      await pause(Math.min(error.wait || 2, 6) * 1000);
    }
  }
}

async function once(method, path, body) {
  const options = {method, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)};
  if (body !== undefined) {
    options.headers = {"Content-Type": "application/json"};
    options.body = JSON.stringify(body);
  }
  let answer, made;
  try {
    answer = await fetch("/api/v1/" + path, options);
    const json = (answer.headers.get("Content-Type") || "").startsWith("application/json");
    made = answer.status === 204 ? null : await (json ? answer.json() : answer.text());
  } catch {
    throw new Refused(0);
  }
  if (answer.ok) return made;
  if (answer.status === 401 && path !== "login") dispatchEvent(new Event("logged-out"));
  throw new Refused(answer.status, made && made.error || made && made.problems ? made : {}, +answer.headers.get("Retry-After") || 0);
}
