// What the pages cannot do by themselves: say aloud what was answered, add and remove sources,
// rebuild, and show how far that is. Text is only ever set as text.

import { answered, call, find } from "./calls.js";
import { named, pickUp, say, start } from "./jobs.js";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function speakAnswer() {
  const parts = document.querySelectorAll(".answer :is(h2, .sure, .agreement, .plain, .promise)");
  const words = [...parts].map((part) => part.textContent.trim().replace(/\s+/g, " "));
  // A live region tells what comes after the page is there.
  if (words.length) pause(300).then(() => say(words.join(". ")));
  const form = find("asking");
  form.addEventListener("submit", () => say("Reading the sources"));
  // An address is for sharing: what was left empty is left out.
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
}

// Watches a job that changes the list: offer to show it anew.
async function listChanges(ended) {
  if ((await ended)?.status === "done") find("anew").hidden = false;
}

async function addAll(files) {
  // Each is a job of its own. They are sent at once, so that the service has them all.
  for (const file of files) {
    const form = new FormData();
    form.append("file", file);
    const begin = () => call("POST", "/v1/sources", form);
    await start(`Adding ${file.name}`, find("jobs"), begin, listChanges);
  }
}

let rebuilds = 0;

// Watches a rebuild: while there is one, no other is offered.
async function rebuilding(ended) {
  rebuilds += 1;
  find("rebuild").disabled = true;
  await listChanges(ended);
  rebuilds -= 1;
  find("rebuild").disabled = rebuilds > 0;
}

async function rebuild() {
  find("rebuild").disabled = true;
  const begin = () => call("POST", "/v1/index/rebuild");
  await start(named({ kind: "rebuild" }), find("jobs"), begin, rebuilding);
  find("rebuild").disabled = rebuilds > 0;
}

function offerWork() {
  const field = find("file");
  find("adding").hidden = false;
  find("rebuilding").hidden = false;
  field.addEventListener("change", () => {
    const files = [...field.files];
    field.value = "";
    addAll(files);
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

// A source on the page is an element with its title, a button to remove it, and a list for jobs.
const listOf = (element) => element.querySelector(".jobs");

// Watches the removal of the source of an element.
async function going(element, ended) {
  const button = element.querySelector(".remove");
  button.hidden = true;
  const gone = (await ended)?.status === "done";
  button.hidden = gone;
  element.classList.toggle("gone", gone);
  if (gone) element.querySelector(".title a")?.removeAttribute("href");
}

async function remove(element) {
  const { source, title } = element.dataset;
  find("removing-which").textContent = title;
  if ((await answered(find("removing"))) !== "yes") return;
  const button = element.querySelector(".remove");
  const begin = () => call("DELETE", `/v1/sources/${encodeURIComponent(source)}`);
  const watch = (ended) => going(element, ended);
  const started = start(named({ kind: "delete", title }), listOf(element), begin, watch);
  // The button cannot keep the focus, and must not be pressed twice.
  button.hidden = true;
  listOf(element).lastElementChild.focus();
  if (!(await started)) button.hidden = false;
}

function offerRemoval() {
  for (const element of document.querySelectorAll(".removable")) {
    const button = element.querySelector(".remove");
    button.hidden = false;
    button.addEventListener("click", () => remove(element));
  }
}

// Where the card of a job that is under way belongs on this page, and who watches it.
function taken(job) {
  const shown = [...document.querySelectorAll(".removable")];
  const element = shown.find((each) => each.dataset.source === job.source);
  if (element && job.kind === "delete") {
    return { place: listOf(element), watch: (ended) => going(element, ended) };
  }
  if (find("jobs")) {
    return { place: find("jobs"), watch: job.kind === "rebuild" ? rebuilding : listChanges };
  }
  return element && { place: listOf(element), watch: () => {} };
}

function offerChanges() {
  for (const instead of document.querySelectorAll(".without")) instead.hidden = true;
  if (find("adding")) offerWork();
  offerRemoval();
  pickUp(taken);
  document.addEventListener("visibilitychange", () => document.hidden || pickUp(taken));
}

if (find("asking")) speakAnswer();
if (find("job")) offerChanges();
