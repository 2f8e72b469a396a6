import { serve } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import { Cron } from 'croner';
import { Eta } from 'eta';
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { getConnInfo } from '@hono/node-server/conninfo';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { jwt, sign } from 'hono/jwt';
import { languageDetector } from 'hono/language';
import { logger } from 'hono/logger';
import { prettyJSON } from 'hono/pretty-json';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { timing } from 'hono/timing';
import { validator } from 'hono/validator';
import { yoga } from './lib/graph.mjs';
import * as store from './lib/store.mjs';
import { languages, words } from './lib/words.mjs';

const SECRET = process.env.APIARY_SECRET ?? 'propolis';
const eta = new Eta({ views: new URL('views', import.meta.url).pathname, cache: true });
const app = new Hono();
let beats = 0;
const beat = new Cron('* * * * * *', () => { beats += 1; });

app.use(logger(), secureHeaders(), timing(), compress({ threshold: 200 }));
app.use('/api/*', cors({ origin: 'https://honey.example' }), prettyJSON(), etag());
app.use(languageDetector({ supportedLanguages: languages, fallbackLanguage: 'en', lookupQueryString: 'lang', caches: false, convertDetectedLanguage: (tag) => tag.slice(0, 2) }));
app.use('/static/*', serveStatic({ root: new URL('.', import.meta.url).pathname, precompressed: false }));
app.get('/robots.txt', serveStatic({ path: '/opt/apiary/static/robots.txt' }));

const page = (c, view, values) => c.html(eta.render(view, { language: c.get('language'), t: words(c.get('language')), ...values }));
const found = (c) => {
  const hive = store.hive(c.req.param('id'));
  if (!hive) throw new HTTPException(404, { message: 'no such hive' });
  return hive;
};

app.get('/health', (c) => c.json({ ok: true, hives: store.hives().length, beating: beat.isRunning() }));
app.get('/beats', (c) => c.json({ beats, next: beat.nextRun() !== null }));
app.get('/', (c) => page(c, './index', { hives: store.hives() }));
app.get('/api/hives', (c) => c.json(store.hives()));
app.get('/api/hives/:id{[0-9]+}', (c) => c.json({ ...found(c), weights: store.weights(c.req.param('id')) }));
app.get('/hives/:id{[0-9]+}/chart.svg', async (c) => {
  const { chart } = await import('./lib/out.mjs');
  return c.body(chart(found(c), store.weights(c.req.param('id'))), 200, { 'Content-Type': 'image/svg+xml' });
});
app.get('/hives/:id{[0-9]+}/paper.pdf', async (c) => {
  const { paper } = await import('./lib/out.mjs');
  return c.body(await paper(found(c), store.weights(c.req.param('id')), words(c.get('language'))), 200, { 'Content-Type': 'application/pdf' });
});
app.get('/hives.xlsx', async (c) => {
  const { sheet } = await import('./lib/out.mjs');
  return c.body(await sheet(store.hives()), 200, { 'Content-Disposition': 'attachment; filename="hives.xlsx"' });
});
app.post(
  '/api/weights',
  bodyLimit({ maxSize: 2000, onError: (c) => c.json({ problem: 'too long' }, 413) }),
  validator('form', (form, c) => {
    const kilos = Number(form.kilos);
    if (!store.hive(form.hive)) return c.json({ problem: 'hive' }, 400);
    if (!(kilos > 0 && kilos < 200)) return c.json({ problem: 'kilos', got: form.kilos }, 400);
    return { hive: form.hive, day: form.day ?? '2026-05-20', kilos };
  }),
  (c) => {
    const { hive, day, kilos } = c.req.valid('form');
    return c.json(store.change('INSERT INTO weight VALUES (?, ?, ?)', [hive, day, kilos]), 201);
  },
);
app.get('/api/ticks', (c) => streamSSE(c, async (stream) => {
  for (let id = 1; id <= 3; id++) {
    await stream.writeSSE({ event: 'tick', id: String(id), data: `beat ${id} of 3` });
    await stream.sleep(50);
  }
}));
app.use('/keeper/*', basicAuth({ username: 'anton', password: 'janša', realm: 'keeper' }));
app.get('/keeper/token', async (c) => c.text(await sign({ sub: 'anton', exp: Math.floor(Date.now() / 1000) + 600 }, SECRET)));
app.get('/keeper/from', (c) => c.text(getConnInfo(c).remote.addressType ?? 'unknown'));
app.use('/sql', jwt({ secret: SECRET }));
app.post('/sql', async (c) => {
  try {
    return c.json(store.rows(await c.req.text()));
  } catch (error) {
    return c.json({ problem: error.message, keeper: c.get('jwtPayload').sub }, 400);
  }
});
app.on(['GET', 'POST', 'OPTIONS'], '/graphql', (c) => yoga.fetch(c.req.raw));
app.notFound((c) => {
  c.status(404);
  return page(c, './missing', { path: c.req.path });
});
app.onError((error, c) => {
  if (error instanceof HTTPException) return error.res ?? c.json({ problem: error.message }, error.status);
  console.error(error);
  return c.json({ problem: 'fault' }, 500);
});

const server = serve({ fetch: app.fetch, port: 3000 }, ({ port }) => console.log(`apiary on ${port}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    beat.stop();
    store.save();
    server.close(() => process.exit(0));
  });
}
