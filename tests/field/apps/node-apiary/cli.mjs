import { parseArgs } from 'node:util';
import fs from 'node:fs';
import * as store from './lib/store.mjs';
import { words } from './lib/words.mjs';

const { values, positionals: [command, ...rest] } = parseArgs({
  allowPositionals: true,
  options: { lang: { type: 'string', default: 'en' }, out: { type: 'string' } },
});
const commands = {
  list: () => store.hives().map((hive) => `${hive.id} ${hive.name}: ${words(values.lang)('queen', { year: hive.queen })}`).join('\n'),
  count: () => words(values.lang)('hives', Number(rest[0])),
  backup: () => { store.save(values.out); return `${fs.statSync(values.out).size > 4000 ? 'saved' : 'short'} ${values.out}`; },
  schema: async () => {
    const { yoga } = await import('./lib/graph.mjs');
    const { buildClientSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } = await import('graphql');
    const answer = await yoga.fetch('http://apiary/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: getIntrospectionQuery() }) });
    return printSchema(lexicographicSortSchema(buildClientSchema((await answer.json()).data)));
  },
  next: async () => {
    const { Cron } = await import('croner');
    return new Cron(rest.join(' '), { timezone: 'Europe/Ljubljana' }).nextRuns(2, '2026-05-01T00:00:00').map((at) => at.toISOString()).join('\n');
  },
};
if (!commands[command]) {
  console.error(`usage: apiary ${Object.keys(commands).join('|')}`);
  process.exit(2);
}
try {
  console.log(await commands[command]());
} catch (error) {
  console.error(`apiary: ${error.message}`);
  process.exit(1);
}
