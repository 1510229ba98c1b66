"""The page that shows the description of the API and tries routes out. It is our own, and loads nothing foreign."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SyncState: the HTTP API</title>
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/page.js" defer></script>
</head>
<body>
<header>
<h1>SyncState: the HTTP API</h1>
<p>Everything that the server answers, from its own <a href="/openapi.json">OpenAPI document</a>.</p>
<label>Key <input id="key" type="password" autocomplete="off" placeholder="sks_... (none is needed before the first)">
</label>
</header>
<main id="operations"><noscript>This page needs JavaScript; the document above does not.</noscript></main>
</body>
</html>
"""

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin: 2rem 0 .5rem; text-transform: capitalize; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary code { font-weight: 600; }
.method { display: inline-block; min-width: 4.5rem; }
.description, .answers { white-space: pre-wrap; }
label { display: block; margin: .5rem 0; }
input { font: inherit; width: 100%; max-width: 30rem; box-sizing: border-box; }
textarea, pre { width: 100%; box-sizing: border-box; font: .9rem/1.4 ui-monospace, monospace; }
pre { overflow: auto; max-height: 30rem; padding: .5rem; background: #8882; white-space: pre-wrap; }
"""

SCRIPT = r"""
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const resolved = (api, schema) =>
  schema && schema.$ref ? schema.$ref.slice(2).split("/").reduce((part, name) => part[name], api) : schema || {};

function example(api, given, depth = 0) {
  const schema = resolved(api, given);
  if ("const" in schema) return schema.const;
  if ("default" in schema) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = schema.anyOf || schema.oneOf;
  if (choice) return example(api, choice[0], depth + 1);
  if (schema.properties && depth < 5) {
    const names = schema.required || Object.keys(schema.properties);
    return Object.fromEntries(names.map((name) => [name, example(api, schema.properties[name], depth + 1)]));
  }
  if (schema.type === "array") return [example(api, schema.items, depth + 1)];
  const plain = { integer: Math.max(1, schema.minimum || 1), number: 1, boolean: true, string: "A", object: {} };
  return plain[schema.type] ?? null;
}

async function send(method, path, fields, body, shown) {
  const query = new URLSearchParams();
  let address = path;
  for (const [place, name, input] of fields) {
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (place === "query" && input.value !== "") query.set(name, input.value);
  }
  const headers = body ? { "Content-Type": "application/json" } : {};
  const key = document.getElementById("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  shown.hidden = false;
  try {
    const url = query.size ? `${address}?${query}` : address;
    const answer = await fetch(url, { method, headers, body: body ? body.value : undefined });
    const text = await answer.text();
    let readable = text;
    try { readable = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
    shown.textContent = `${answer.status} ${answer.statusText}\n${readable}`;
  } catch (error) {
    shown.textContent = `no answer: ${error.message}`;
  }
}

function operation(api, method, path, described) {
  const fields = (described.parameters || []).map((parameter) => [parameter.in, parameter.name, make("input")]);
  const labels = fields.map(([place, name, input], number) => {
    const { required, description } = described.parameters[number];
    return make("label", {}, `${name} (${place}${required ? "" : ", optional"}): ${description || ""}`, input);
  });
  const content = (described.requestBody || {}).content || {};
  const schema = (content["application/json"] || {}).schema;
  const body = schema && make("textarea", { rows: 6, value: JSON.stringify(example(api, schema), null, 2) });
  const shown = make("pre", { hidden: true });
  const button = make("button", { type: "button", textContent: "Send" });
  button.addEventListener("click", () => send(method, path, fields, body, shown));
  const answers = Object.entries(described.responses).map(([code, { description }]) => `${code}: ${description}`);
  const title = make("summary", {}, make("code", { className: "method", textContent: method }),
    make("code", { textContent: path }), ` ${described.summary || ""}`);
  return make("details", {}, title,
    make("p", { className: "description", textContent: described.description || "" }), ...labels,
    ...(body ? [make("label", {}, "body", body)] : []), button, shown,
    make("p", { className: "answers", textContent: answers.join("\n") }));
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const [tag] = described.tags || ["other"];
      if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", { textContent: tag })));
      groups.get(tag).append(operation(api, method.toUpperCase(), path, described));
    }
  }
  document.getElementById("operations").replaceChildren(...groups.values());
}

show().catch((error) => document.getElementById("operations").replaceChildren(`it cannot be shown: ${error.message}`));
"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""The page may ask this server and nobody else, and no other page may show it: somebody may type a key into it."""
