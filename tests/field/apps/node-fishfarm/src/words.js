import i18next from 'i18next';
import Backend from 'i18next-fs-backend';
import middleware from 'i18next-http-middleware';
import { fileURLToPath } from 'node:url';

await i18next.use(Backend).use(middleware.LanguageDetector).init({
  backend: { loadPath: fileURLToPath(new URL('../locales/{{lng}}/{{ns}}.json', import.meta.url)) },
  preload: ['en', 'nb', 'de'],
  supportedLngs: ['en', 'nb', 'de'],
  nonExplicitSupportedLngs: true,
  fallbackLng: 'en',
  ns: ['farm', 'errors'],
  defaultNS: 'farm',
  detection: { order: ['querystring', 'header'], lookupQuerystring: 'lang', caches: false },
  interpolation: { escapeValue: false },
});
export { i18next, middleware };
