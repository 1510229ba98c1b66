// Runs the page's script over a document just large enough for it, opens every operation and presses its button.
const fs = require("fs");
const [, , script, description] = process.argv;

class Element {
  constructor(tag) { Object.assign(this, { tag, children: [], listeners: {}, value: "" }); }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  addEventListener(name, listener) { this.listeners[name] = listener; }
  all(tag) {
    const below = this.children.filter((child) => child instanceof Element).flatMap((child) => child.all(tag));
    return this.tag === tag ? [this, ...below] : below;
  }
}

const byId = { operations: new Element("main"), key: new Element("input") };
const asked = [];
global.document = { createElement: (tag) => new Element(tag), getElementById: (id) => byId[id] };
global.fetch = async (url, options) => {
  asked.push({ url, ...options });
  return { status: 200, statusText: "OK", text: async () => '{"ok":true}', json: async () => JSON.parse(fs.readFileSync(description)) };
};
new Function(fs.readFileSync(script, "utf8"))();

setTimeout(async () => {
  byId.key.value = "sks_a_key";
  const shown = [];
  for (const details of byId.operations.all("details")) {
    const [method, path] = details.all("code").map((code) => code.textContent);
    for (const input of details.all("input")) input.value = "A/B #1";
    const before = asked.length;
    await details.all("button")[0].listeners.click();
    shown.push({ label: `${method} ${path}`, asked: asked[before], told: details.all("pre")[0].textContent });
  }
  console.log(JSON.stringify(shown));
}, 50);
