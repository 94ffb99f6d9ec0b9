// Jobs on the page: a card each, from when it is asked for, or found to be under way, to its end.

import { Refused, call, capital, events, find, send } from "./calls.js";

const ENDED = new Set(["done", "failed", "cancelled"]);
const TRIES = 60;
const UNREACHABLE = "the service cannot be reached";
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// The jobs that have a card here, and how many are being asked for at the moment.
const known = new Set();
let asking = 0;
// Jobs run one after another, so one stream at a time is enough: a browser has few connections.
let line = Promise.resolve();

export function say(text) {
  find("said").textContent = text;
}

const address = (id) => `/v1/jobs/${encodeURIComponent(id)}`;
const told = (fault) => capital(fault instanceof Refused ? fault.message : UNREACHABLE);

// What a job is called on its card.
export function named(job) {
  if (job.kind === "rebuild") return "Rebuilding the index";
  return `${job.kind === "delete" ? "Removing" : "Adding"} ${job.title ?? "a source"}`;
}

class Card {
  // place: the list it goes into. watch: is given a promise of the job as it ended, undefined if
  // that is not known.
  constructor(what, place, watch) {
    this.element = find("job").content.firstElementChild.cloneNode(true);
    this.what = what;
    this.watch = watch;
    this.bar = this.part("progress");
    this.cancel = this.part(".cancel");
    this.cancel.hidden = true;
    this.part(".what").textContent = what;
    this.bar.setAttribute("aria-label", what);
    place.append(this.element);
    this.tell("Starting");
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  tell(text) {
    const stage = this.part(".stage");
    if (stage.textContent !== text) stage.textContent = text;
  }

  show(job) {
    const { done, total, stage } = job.progress ?? {};
    if (total) {
      this.bar.max = total;
      this.bar.value = done;
    } else {
      this.bar.removeAttribute("value");
    }
    const words = job.status === "queued" ? "Waits for its turn" : capital(stage || "running");
    this.tell(total ? `${words}: ${done} of ${total}` : words);
    if (words !== this.said) say(`${this.what}: ${words}`);
    this.said = words;
  }

  offerCancel(id) {
    this.cancel.hidden = false;
    this.cancel.addEventListener("click", async () => {
      this.cancel.disabled = true;
      try {
        const job = await (await call("DELETE", address(id))).json();
        if (ENDED.has(job.status)) this.finish(job);
      } catch (fault) {
        this.tell(`${told(fault)}.`);
        this.cancel.disabled = false;
      }
    });
  }

  // The stream tells how a job ended, and so does whoever cancelled it: the first one counts.
  finish(job) {
    if (this.ended) return;
    if (job.status === "failed") this.end(`Failed: ${job.error ?? "see the service’s log"}`, true);
    else if (job.status === "cancelled") this.end("Cancelled.");
    else this.finishDone(job);
    if (job.interrupted) this.offerRestart(job);
  }

  finishDone(job) {
    this.end(`Done: generation ${job.generation} answers now.`);
    find("generation")?.replaceChildren(String(job.generation));
    find("built")?.replaceChildren("built just now");
    const skipped = (job.notes ?? []).map((note) => `Skipped ${note}`);
    for (const textContent of skipped) {
      this.element.append(Object.assign(document.createElement("p"), { textContent }));
    }
  }

  end(text, failed = false) {
    this.ended = true;
    const focused = this.element.contains(document.activeElement);
    this.bar.remove();
    this.cancel.remove();
    this.element.classList.toggle("failed", failed);
    this.tell(text);
    say(`${this.what}: ${text}`);
    if (focused) this.element.focus();
  }

  offerRestart(job) {
    const again = Object.assign(document.createElement("button"), {
      type: "button", className: "plain small", textContent: "Start again",
    });
    again.addEventListener("click", () => {
      again.remove();
      const begin = () => call("POST", `${address(job.id)}/restart`);
      start(this.what, this.element.parentElement, begin, this.watch);
    });
    this.element.append(again);
  }
}

// Follow a job to its end, over a service that restarts meanwhile, too.
async function follow(path, show) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      for await (const job of events(await call("GET", `${path}/events`))) {
        tries = 0;
        show(job);
        if (ENDED.has(job.status)) return job;
      }
      const job = await (await call("GET", path)).json();
      show(job);
      if (ENDED.has(job.status)) return job;
    } catch (fault) {
      if (fault instanceof Refused) throw fault;
    }
    await sleep(1000);
  }
  throw new Refused("the service does not answer any more: reload this page");
}

// Show how far a job is until it ends.
async function track(card, job) {
  known.add(job.id);
  card.show(job);
  card.offerCancel(job.id);
  const turn = line;
  let leave;
  line = new Promise((done) => (leave = done));
  try {
    await turn;
    const ended = await follow(address(job.id), (now) => card.ended || card.show(now));
    card.finish(ended);
    return ended;
  } catch (fault) {
    card.end(`${told(fault)}.`, true);
    return undefined;
  } finally {
    known.delete(job.id);
    leave();
  }
}

// Ask for a job and show it, as `Card` has it, until it ends. Resolves once it is accepted, to
// true, or refused.
export async function start(what, place, begin, watch) {
  const card = new Card(what, place, watch);
  asking += 1;
  try {
    const job = await (await begin()).json();
    watch(track(card, job));
    return true;
  } catch (fault) {
    card.end(`${told(fault)}.`, true);
    return false;
  } finally {
    asking -= 1;
  }
}

// Show the jobs that wait or run and have no card yet, whoever asked for them, the oldest first.
// takes: given a job, the place of its card and who watches it, or nothing if it is not for here.
export async function pickUp(takes) {
  if (asking) return;
  const response = await send("GET", "/v1/jobs").catch(() => undefined);
  if (!response?.ok || asking) return;
  const { jobs } = await response.json();
  for (const job of jobs.reverse()) {
    const taken = !ENDED.has(job.status) && !known.has(job.id) && takes(job);
    if (taken) taken.watch(track(new Card(named(job), taken.place, taken.watch), job));
  }
}
