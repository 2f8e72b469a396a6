import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import polka from "polka";
import sirv from "sirv";
import nunjucks from "nunjucks";
import i18next from "i18next";
import pino from "pino";
import { DateTime } from "luxon";
import { WebSocketServer } from "ws";
import { all, seeds } from "./store.js";

const log = pino();
const locale = (lng) => ({ translation: JSON.parse(readFileSync(new URL(`./locales/${lng}.json`, import.meta.url))) });
await i18next.init({ fallbackLng: "en", resources: { en: locale("en"), nb: locale("nb"), fr: locale("fr") } });

const views = nunjucks.configure("views", { autoescape: true });
views.addFilter("day", (iso, lng) => DateTime.fromISO(iso).setLocale(lng).toLocaleString(DateTime.DATE_FULL));
views.addFilter("kilos", (grams, lng) => new Intl.NumberFormat(lng, { style: "unit", unit: "gram" }).format(grams));

const send = (res, code, type, body) => { res.writeHead(code, { "Content-Type": type }); res.end(body); };
const json = (res, value, code = 200) => send(res, code, "application/json", JSON.stringify(value));
const html = (res, view, values, code = 200) => send(res, code, "text/html; charset=utf-8", views.render(view, values));
const spoken = (req) => (req.headers["accept-language"] ?? "en").slice(0, 2).replace("no", "nb");

const formats = {
  async csv() { const { default: Papa } = await import("papaparse"); return ["text/csv", Papa.unparse(await all(), { columns: ["name", "grams", "sow"] })]; },
  async xml() { const { XMLBuilder } = await import("fast-xml-parser"); return ["application/xml", new XMLBuilder({ format: true }).build({ seeds: { seed: await all() } })]; },
  async pdf() {
    const { default: PDFDocument } = await import("pdfkit");
    const doc = new PDFDocument({ compress: false }), parts = [];
    doc.on("data", (part) => parts.push(part));
    const done = new Promise((resolve) => doc.on("end", resolve));
    doc.font("Times-Roman").fontSize(20).text("Seeds");
    for (const seed of await all()) doc.fontSize(12).text(`${seed.name} ${seed.grams} g`);
    doc.end(); await done;
    return ["application/pdf", Buffer.concat(parts)];
  },
};

const server = polka({
  onError(error, req, res) { json(res, { error: error.message ?? String(error) }, error.code > 399 ? error.code : 500); },
  onNoMatch(req, res) { html(res, "missing.njk", { t: i18next.getFixedT(spoken(req)) }, 404); },
});
server.use(sirv("public", { etag: true }));
server.get("/health", async (req, res) => json(res, { ok: true, seeds: (await all()).length }));
server.get("/", async (req, res) => html(res, "index.njk", { seeds: await all(), lng: spoken(req), t: i18next.getFixedT(spoken(req)) }));
server.get("/seeds", async (req, res) => json(res, await all()));
server.get("/export/:format", async (req, res) => {
  if (!formats[req.params.format]) return json(res, { error: "no such format" }, 404);
  send(res, 200, ...(await formats[req.params.format]()));
});
server.post("/seeds", async (req, res) => {
  const { default: Ajv } = await import("ajv");
  let body = ""; for await (const part of req) body += part;
  let seed; try { seed = JSON.parse(body); } catch (error) { return json(res, { error: error.message }, 400); }
  const valid = new Ajv().compile({ type: "object", required: ["name", "grams", "sow"], additionalProperties: false,
    properties: { name: { type: "string", minLength: 1 }, grams: { type: "number", exclusiveMinimum: 0 }, sow: { type: "string" } } });
  if (!valid(seed)) return json(res, { errors: valid.errors.map((e) => `${e.instancePath} ${e.message}`) }, 422);
  try { await seeds.insertAsync(seed); } catch (error) { return json(res, { error: error.errorType }, 409); }
  json(res, { sown: seed.name }, 201);
});
server.get("/guide", async (req, res) => {
  const { marked } = await import("marked");
  send(res, 200, "text/html; charset=utf-8", marked.parse(await readFile("guide.md", "utf8")));
});
server.get("/label/:name", async (req, res) => {
  const { default: QR } = await import("qrcode");
  req.query.as === "png" ? send(res, 200, "image/png", await QR.toBuffer(req.params.name)) : send(res, 200, "image/svg+xml", await QR.toString(req.params.name, { type: "svg" }));
});
server.get("/clock", (req, res) => {
  const time = DateTime.fromISO("2026-07-01T10:00:00Z", { zone: req.query.zone ?? "Europe/Oslo" });
  time.isValid ? json(res, { time: time.setLocale(req.query.lng ?? "en").toFormat("cccc d LLLL HH:mm ZZZZZ") }) : json(res, { error: time.invalidExplanation }, 400);
});
server.listen(3000, () => log.info("listening"));
new WebSocketServer({ server: server.server, path: "/live" }).on("connection", (socket) => socket.on("message", (text) => socket.send(`heard ${text}`)));
