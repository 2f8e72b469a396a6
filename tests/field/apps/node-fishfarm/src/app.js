import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { Liquid } from 'liquidjs';
import client from 'prom-client';
import { Server } from 'socket.io';
import cron from 'cron-parser';
import { cells, workbook } from './exports.js';
import { graph } from './graph.js';
import { answer } from './maths.js';
import { i18next, middleware } from './words.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export function farm(store) {
  const app = express();
  const server = createServer(app);
  const io = new Server(server);
  const register = new client.Registry();
  client.collectDefaultMetrics({ register });
  const feedings = new client.Counter({ name: 'farm_feedings_total', help: 'Feedings since the start', labelNames: ['pen'], registers: [register] });
  const told = (what, body) => { if (what === 'feeding') feedings.inc({ pen: String(body.pen) }); io.emit(what, body); };

  const liquid = new Liquid({ root: here('../views'), extname: '.liquid', partials: here('../views/partials'), timezoneOffset: 'Europe/Oslo' });
  liquid.registerFilter('t', function (key, count) { return this.context.environments.t(key, { count }); });
  app.engine('liquid', liquid.express());
  app.set('views', here('../views'));
  app.set('view engine', 'liquid');
  app.use(middleware.handle(i18next));
  app.use('/static', express.static(here('../public'), { maxAge: '1d' }));
  const yoga = graph(store, told);
  app.use(yoga.graphqlEndpoint, yoga);
  app.use(express.json());
  app.use(express.text({ type: 'text/csv' }));
  app.use(express.raw({ type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', limit: '2mb' }));

  const wanted = (request) => {
    const pen = store.pen(request.params.pen);
    if (!pen) throw Object.assign(new Error(request.t('errors:noPen', { pen: request.params.pen })), { status: 404 });
    return pen;
  };
  app.get('/health', (request, response) => response.json({ ok: true, pens: store.pens().length }));
  app.get('/', (request, response) => response.render('pens', { t: request.t, pens: store.pens(), now: '2026-11-02T18:00:00Z' }));
  app.get('/pens/:pen', (request, response) => {
    const pen = wanted(request);
    response.format({
      html: () => response.render('pen', { t: request.t, pen, readings: store.readings(pen.id) }),
      json: () => response.json({ ...pen, readings: store.readings(pen.id), feedings: store.feedings(pen.id) }),
      'text/csv': () => response.send(['at;temperature;oxygen', ...store.readings(pen.id).map((one) => Object.values(one).join(';'))].join('\n')),
    });
  });
  app.post('/pens/:pen/feedings', (request, response) => {
    const pen = wanted(request);
    const row = store.feed(pen.id, request.body.kilos, request.body.at);
    told('feeding', { pen: pen.id, ...row });
    response.status(201).json(row);
  });
  app.post('/pens/:pen/readings', (request, response) => {
    const pen = wanted(request);
    const lines = request.body.trim().split('\n').map((line) => line.split(';'));
    for (const [at, temperature, oxygen] of lines) store.measure(pen.id, { at, temperature: +temperature, oxygen: +oxygen });
    response.json({ stored: lines.length });
  });
  app.get('/farm.xlsx', async (request, response) => {
    response.type('xlsx').send(await workbook(store, request.t, request.query.password));
  });
  app.post('/farm.xlsx', async (request, response) => response.json(await cells(request.body)));
  app.get('/schedule', (request, response) => {
    const times = cron.parseExpression(request.query.cron, { currentDate: '2027-03-27T20:00:00Z', tz: request.query.zone ?? 'Europe/Oslo' });
    response.json(Array.from({ length: 3 }, () => times.next().toISOString()));
  });
  app.get('/sum', (request, response) => response.type('text').send(answer(request.query.q)));
  app.get('/metrics', async (request, response) => response.type(register.contentType).send(await register.metrics()));
  app.use((request, response) => response.status(404).render('missing', { t: request.t, path: request.path }));
  // eslint-disable-next-line no-unused-vars
  app.use((error, request, response, next) => response.status(error.status ?? 400).json({ error: error.message }));

  io.on('connection', (socket) => {
    socket.on('pens', (answerWith) => answerWith(store.pens()));
    socket.on('join', (room, answerWith) => { socket.join(room); answerWith([...socket.rooms].length); });
  });
  return server;
}
