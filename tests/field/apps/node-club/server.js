import path from "node:path";
import express from "express";
import { engine } from "express-handlebars";
import session from "express-session";
import fileStore from "session-file-store";
import flash from "connect-flash";
import passport from "passport";
import { Strategy } from "passport-local";
import bcrypt from "bcryptjs";
import debug from "debug";
import multer from "multer";
import { desc, eq, sql } from "drizzle-orm";
import { format, parseISO } from "date-fns";
import { boats, bookings, db, folder, users } from "./store.js";

const log = debug("club:server");
const here = import.meta.dirname;
const app = express();
app.disable("x-powered-by");

const locales = { en: "en-GB", da: "da", de: "de", pl: "pl" };
const localeOf = async (tongue) => (await import(`date-fns/locale/${locales[tongue]}`)).default
  ?? Object.values(await import(`date-fns/locale/${locales[tongue]}`))[0];
const words = {
  en: { title: "Boats", built: "built", seats: "seats", missing: "There is nothing here." },
  da: { title: "Både", built: "bygget", seats: "pladser", missing: "Her er intet." },
  de: { title: "Boote", built: "gebaut", seats: "Plätze", missing: "Hier ist nichts." },
  pl: { title: "Łodzie", built: "zbudowana", seats: "miejsca", missing: "Tu nic nie ma." },
};

app.engine("hbs", engine({
  extname: ".hbs", defaultLayout: "main",
  helpers: {
    day: (iso, options) => format(parseISO(iso), "PPPP", { locale: options.data.root.locale }),
    long: (iso, options) => format(parseISO(iso), "PPPP", { locale: options.data.root.locale }),
    shout: (text) => text.toUpperCase(),
  },
}));
app.set("view engine", "hbs");
app.set("views", path.join(here, "views"));
app.use("/static", express.static(path.join(here, "public"), { maxAge: "1h" }));
app.use(express.json({ limit: "20kb" }), express.urlencoded({ extended: true }), express.text({ type: "text/csv" }));

const FileStore = fileStore(session);
app.use(session({
  secret: "the-eight-and-the-cox", resave: false, saveUninitialized: false,
  store: new FileStore({ path: path.join(folder, "sessions"), logFn: () => {}, retries: 0 }),
}));
app.use(flash(), passport.session());
passport.use(new Strategy({ usernameField: "name" }, async (name, password, done) => {
  const [user] = await db.select().from(users).where(eq(users.name, name));
  if (!user || !(await bcrypt.compare(password, user.hash))) return done(null, false, { message: "Wrong name or password" });
  done(null, user);
}));
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser(async (id, done) => done(null, (await db.select().from(users).where(eq(users.id, id)))[0] ?? false));

app.use(async (req, res, next) => {
  const tongue = req.acceptsLanguages(Object.keys(locales)) || "en";
  Object.assign(res.locals, { tongue, w: words[tongue], locale: await localeOf(tongue), user: req.user?.name });
  next();
});
const members = (req, res, next) => (req.isAuthenticated() ? next() : res.status(401).json({ error: "members only" }));

app.get("/health", async (req, res) => {
  const [{ n }] = await db.select({ n: sql`count(*)` }).from(boats);
  res.json({ ok: n > 0 });
});
app.get("/", async (req, res) => res.render("boats", { boats: await db.select().from(boats).orderBy(boats.id), told: req.flash("error") }));
app.get("/boats", async (req, res) => res.json(await db.select().from(boats).orderBy(boats.id)));
app.get("/boats/:id/label", async (req, res) => {
  const { default: bwip } = await import("bwip-js/node");
  const drawn = { bcid: req.query.type ?? "code128", text: `BOAT-${req.params.id}`, includetext: true };
  if (req.query.as === "svg") return res.type("svg").send(bwip.toSVG(drawn));
  res.type("png").send(await bwip.toBuffer(drawn));
});

const photos = multer({
  storage: multer.diskStorage({ destination: (req, file, done) => done(null, folder), filename: (req, file, done) => done(null, `boat-${req.params.id}${path.extname(file.originalname)}`) }),
  limits: { fileSize: 4000, files: 1 },
  fileFilter: (req, file, done) => (file.mimetype.startsWith("image/") ? done(null, true) : done(Object.assign(new Error("Only images"), { status: 415 }))),
});
app.post("/boats/:id/photo", photos.single("photo"), async (req, res) => {
  await db.update(boats).set({ photo: req.file.filename }).where(eq(boats.id, Number(req.params.id)));
  res.status(201).json({ photo: req.file.filename, bytes: req.file.size });
});
app.get("/boats/:id/photo", async (req, res) => {
  const [boat] = await db.select().from(boats).where(eq(boats.id, Number(req.params.id)));
  if (!boat?.photo) return res.status(404).json({ error: "no photo" });
  res.sendFile(path.join(folder, boat.photo));
});

app.post("/bookings", async (req, res) => {
  try {
    const [made] = await db.insert(bookings).values(req.body).returning();
    res.status(201).json(made);
  } catch (error) {
    const code = error.cause?.code ?? error.code ?? "";
    if (!String(code).startsWith("SQLITE_CONSTRAINT")) throw error;
    res.status(409).json({ error: "taken or no such boat" });
  }
});
const booked = () => db.select({ who: bookings.who, day: bookings.day, boat: boats.name }).from(bookings).innerJoin(boats, eq(boats.id, bookings.boatId)).orderBy(desc(bookings.day));
app.get("/bookings", async (req, res) => res.format({
  json: async () => res.json(await booked()),
  text: async () => res.send((await booked()).map((b) => `${b.day} ${b.boat} ${b.who}`).join("\n")),
  html: async () => res.render("bookings", { bookings: await booked() }),
}));
app.post("/import", members, async (req, res) => {
  const { parse } = await import("csv-parse/sync");
  const rows = parse(req.body, { columns: true, trim: true, cast: (value, { column }) => (column === "boatId" ? Number(value) : value) });
  await db.transaction(async (tx) => { for (const row of rows) await tx.insert(bookings).values(row); });
  res.json({ imported: rows.length });
});
app.get("/backup.zip", async (req, res) => {
  const { default: archiver } = await import("archiver");
  const zip = archiver("zip", { zlib: { level: 9 } });
  res.attachment("backup.zip");
  zip.pipe(res);
  zip.append(JSON.stringify(await booked()), { name: "bookings.json" });
  zip.directory(path.join(here, "drizzle"), "drizzle");
  await zip.finalize();
});
app.post("/notice", async (req, res) => {
  const { default: sanitize } = await import("sanitize-html");
  res.type("html").send(sanitize(req.body.html ?? "", { transformTags: { b: "strong" } }));
});
app.get("/clock", async (req, res) => {
  const { TZDate } = await import("@date-fns/tz");
  const at = new TZDate(2026, 6, 1, 12, 0, 0, "UTC").withTimeZone(req.query.zone ?? "Europe/Copenhagen");
  res.json({ at: format(at, "yyyy-MM-dd HH:mm xxx") });
});
app.post("/login", passport.authenticate("local", { failureRedirect: "/", failureFlash: true }), (req, res) => res.redirect("/me"));
app.get("/me", members, (req, res) => res.json({ name: req.user.name }));
app.post("/logout", (req, res, next) => req.logout((error) => (error ? next(error) : res.redirect("/"))));

app.use((req, res) => res.status(404).render("missing"));
app.use((error, req, res, next) => {
  log(error);
  res.status(error.status ?? (error.name === "MulterError" ? 413 : 500)).json({ error: error.message });
});
const server = app.listen(3000, () => console.log("rowing on 3000"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
