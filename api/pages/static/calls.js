// Calls to the service, with a key where one is needed, which is asked for on the page.

const root = document.documentElement.dataset.root ?? "";
const KEY = "pincite-key";

// An error that the service told of; trying again would not help.
export class Refused extends Error {}

export const find = (id) => document.getElementById(id);
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Nothing here takes HTML: to whoever does a refusal offers that the browser asks for the key.
export async function send(method, path, body) {
  const key = sessionStorage.getItem(KEY);
  const headers = { accept: "application/json, text/event-stream" };
  if (key) headers.authorization = `Bearer ${key}`;
  return fetch(root + path, { method, body, headers });
}

// What the service answers, once it has the key it needs. Throws Refused.
export async function call(method, path, body) {
  for (;;) {
    const response = await send(method, path, body);
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    const why = problem.detail ?? `the service answered ${response.status}`;
    const keyless = response.status === 401 || response.status === 403;
    if (!(keyless && (await askForKey(why)))) throw new Refused(why);
  }
}

function askForKey(why) {
  const field = find("secret");
  find("key-why").textContent = `${capital(why)}.`;
  field.value = "";
  return answered(find("key")).then((said) => {
    const secret = field.value.trim();
    field.value = "";
    if (said !== "use" || secret === "") return false;
    sessionStorage.setItem(KEY, secret);
    return true;
  });
}

// Show a dialog; the value of the button that closed it, "no" if another way did.
export function answered(dialog) {
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue), { once: true });
  });
}

// Server-sent events, read with fetch: EventSource sends no key.
export async function* events(response) {
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
