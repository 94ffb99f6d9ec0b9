// What the pages cannot do by themselves: say aloud what was answered, add sources, rebuild, and
// show how far that is. Text is only ever set as text.

const root = document.documentElement.dataset.root ?? "";
const KEY = "pincite-key";
const ENDED = new Set(["done", "failed", "cancelled"]);
const TRIES = 60;
const find = (id) => document.getElementById(id);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function say(text) {
  find("said").textContent = text;
}

// An error that the service told of; trying again would not help.
class Refused extends Error {}

async function send(method, path, body) {
  const key = sessionStorage.getItem(KEY);
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  return fetch(root + path, { method, body, headers });
}

async function call(method, path, body) {
  for (;;) {
    const response = await send(method, path, body);
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    const why = problem.detail ?? `the service answered ${response.status}`;
    const keyless = response.status === 401 || (response.status === 403 && sessionStorage.getItem(KEY));
    if (!(keyless && (await askForKey(why)))) throw new Refused(why);
  }
}

function askForKey(why) {
  const dialog = find("key");
  const field = find("secret");
  find("key-why").textContent = `${capital(why)}.`;
  field.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const use = dialog.returnValue === "use" && field.value.trim() !== "";
      if (use) sessionStorage.setItem(KEY, field.value.trim());
      field.value = "";
      done(use);
    }, { once: true });
  });
}

// Server-sent events, read with fetch: EventSource sends no key.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text = (text + value).replace(/\r\n?/g, "\n");
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length) yield JSON.parse(lines.map((line) => line.slice(5)).join("\n"));
    }
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

class Card {
  constructor(what) {
    this.element = find("job").content.firstElementChild.cloneNode(true);
    this.what = what;
    this.bar = this.part("progress");
    this.cancel = this.part(".cancel");
    this.cancel.hidden = true;
    this.part(".what").textContent = what;
    this.bar.setAttribute("aria-label", what);
    find("jobs").prepend(this.element);
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

  end(text, failed = false) {
    this.bar.remove();
    this.cancel.remove();
    this.element.classList.toggle("failed", failed);
    this.tell(text);
    say(`${this.what}: ${text}`);
  }
}

async function run(what, begin) {
  const card = new Card(what);
  card.tell("Starting");
  try {
    const path = await begin();
    card.cancel.hidden = false;
    card.cancel.addEventListener("click", () => cancel(card, path));
    finish(card, await follow(path, (job) => card.show(job)));
  } catch (fault) {
    card.end(fault instanceof Refused ? `${capital(fault.message)}.` : "The service cannot be reached.", true);
  }
}

async function cancel(card, path) {
  card.cancel.disabled = true;
  try {
    await call("DELETE", path);
  } catch (fault) {
    card.tell(capital(fault.message));
  }
}

function finish(card, job) {
  if (job.status === "failed") {
    card.end(`Failed: ${job.error?.detail ?? job.error ?? "see the service’s log"}`, true);
    return;
  }
  if (job.status === "cancelled") {
    card.end("Cancelled.");
    return;
  }
  card.end(job.generation ? `Done: generation ${job.generation} answers now.` : "Done.");
  if (job.generation) find("generation")?.replaceChildren(String(job.generation));
  const link = document.createElement("a");
  link.href = window.location.href;
  link.textContent = "Show the list as it is now";
  card.element.append(link);
}

async function begun(response) {
  const job = await response.json();
  return `/v1/jobs/${encodeURIComponent(job.id)}`;
}

function add(file) {
  const form = new FormData();
  form.append("file", file);
  return run(file.name, async () => begun(await call("POST", "/v1/sources", form)));
}

async function addAll(files) {
  // One after another: each is a build of its own.
  for (const file of files) await add(file);
}

async function rebuild() {
  const button = find("rebuild");
  button.disabled = true;
  await run("Rebuilding the index", async () => begun(await call("POST", "/v1/index/rebuild")));
  button.disabled = false;
}

function offerWork() {
  const field = find("file");
  find("without").hidden = true;
  find("adding").hidden = false;
  find("rebuilding").hidden = false;
  field.addEventListener("change", async () => {
    const files = [...field.files];
    field.value = "";
    await addAll(files);
  });
  find("rebuild").addEventListener("click", rebuild);
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("over");
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("over");
  });
  window.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove("over");
    addAll([...event.dataTransfer.files]);
  });
}

function speakAnswer() {
  const parts = document.querySelectorAll(".answer h2, .answer .sure, .answer .agreement, .answer .plain");
  const words = [...parts].map((part) => part.textContent.trim().replace(/\s+/g, " "));
  // A live region tells what comes after the page is there.
  if (words.length) setTimeout(() => say(words.join(". ")), 300);
  find("asking").addEventListener("submit", () => say("Reading the sources"));
}

if (find("adding")) offerWork();
if (find("asking")) speakAnswer();
