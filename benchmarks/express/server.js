// The peer of the HTTP benchmarks: the same checks as SyncState's routes, everything in memory, nothing durable.
"use strict";

const crypto = require("node:crypto");
const express = require("express");

const SECRET = process.env.SECRET;
const SHOP = process.env.SHOP;
const MAX_QUANTITY = 1000000;

const sold = new Map(); // order line -> the largest quantity seen
const claims = new Map(); // tx -> quantity
const stock = new Map(); // sku -> {physical, buffer, threshold, low}
const alerts = [];

const app = express();
app.disable("x-powered-by");
app.disable("etag");

function isSku(text) {
  return typeof text === "string" && text.trim().length > 0 && text.length <= 200;
}

function isQuantity(value) {
  return Number.isInteger(value) && value >= 0 && value <= MAX_QUANTITY;
}

function refuse(res, status, error, field) {
  res.status(status).json({ ok: false, error, code: "invalid", field });
}

function move(sku, delta) {
  let item = stock.get(sku);
  if (item === undefined) {
    item = { physical: 0, buffer: 0, threshold: 5, low: false };
    stock.set(sku, item);
  }
  item.physical += delta;
  const low = item.physical <= item.threshold;
  if (low && !item.low) alerts.push({ type: "stock_low", sku, at: new Date().toISOString() });
  item.low = low;
  return item;
}

function isSigned(req) {
  const given = Buffer.from(req.get("X-Shopify-Hmac-Sha256") || "", "base64");
  const wanted = crypto.createHmac("sha256", SECRET).update(req.body).digest();
  return given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
}

app.post("/webhook/shopify", express.raw({ type: "*/*", limit: "4mb" }), (req, res) => {
  if (req.get("X-Shopify-Shop-Domain") !== SHOP || !isSigned(req)) {
    res.status(401).json({ ok: false, error: "the signature is not by a secret of this shop", code: "unauthorized" });
    return;
  }
  let order;
  try {
    order = JSON.parse(req.body.toString("utf8"));
  } catch {
    return refuse(res, 400, "the body is not JSON");
  }
  if (!order || !Number.isInteger(order.id) || !Array.isArray(order.line_items)) return refuse(res, 400, "no order");
  for (const line of order.line_items) {
    if (!isQuantity(line.quantity) || !isSku(line.sku)) return refuse(res, 400, "a bad line", "line_items");
  }
  const inventoryAfter = {};
  const broadcastAfter = {};
  let duplicates = 0;
  for (const line of order.line_items) {
    const before = sold.get(line.id) || 0;
    const item = move(line.sku, line.quantity > before ? before - line.quantity : 0);
    if (line.quantity > before) sold.set(line.id, line.quantity);
    else duplicates += 1;
    inventoryAfter[line.sku] = Math.max(0, item.physical);
    broadcastAfter[line.sku] = Math.max(0, item.physical - item.buffer);
  }
  const tx = `shopify:${order.id}`;
  const queued = order.line_items.length;
  res.json({ ok: true, success: true, tx, queued, duplicates, inventoryAfter, broadcastAfter });
});

app.post("/api/batch", express.json({ limit: "4mb" }), (req, res) => {
  const facts = req.body.facts;
  if (!Array.isArray(facts) || facts.length < 1 || facts.length > 1000) return refuse(res, 400, "1 to 1,000", "facts");
  const results = facts.map((fact) => {
    if (fact.type !== "sale" || !isSku(fact.sku) || !isQuantity(fact.quantity)) return { status: "invalid" };
    const known = claims.get(fact.tx);
    if (known !== undefined) return { status: known === fact.quantity ? "duplicate" : "conflict" };
    claims.set(fact.tx, fact.quantity);
    move(fact.sku, -fact.quantity);
    return { status: "recorded" };
  });
  res.json({ ok: true, results });
});

app.get("/health", (req, res) => res.json({ ok: true }));

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
