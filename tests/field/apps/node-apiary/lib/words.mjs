import fs from 'node:fs';
import Polyglot from 'node-polyglot';

const folder = new URL('../lang/', import.meta.url);
export const languages = fs.readdirSync(folder).map((name) => name.replace('.json', ''));
const loaded = new Map();

export function words(language) {
  if (!loaded.has(language)) {
    const phrases = JSON.parse(fs.readFileSync(new URL(`${language}.json`, folder)));
    loaded.set(language, new Polyglot({ locale: language === 'sl' ? 'sl-SL' : language, phrases }));
  }
  const polyglot = loaded.get(language);
  return (key, values) => polyglot.t(key, values);
}
