export default defineNuxtConfig({
  compatibilityDate: "2025-09-01",
  future: { compatibilityVersion: 4 },
  telemetry: false,
  modules: ["@nuxtjs/i18n"],
  runtimeConfig: { adminKey: "", public: { harbour: "Porto Velho" } },
  i18n: {
    defaultLocale: "en", strategy: "prefix_except_default", detectBrowserLanguage: false, baseUrl: "https://harbour.example",
    locales: [
      { code: "en", language: "en-GB", file: "en.json" },
      { code: "pt", language: "pt-PT", file: "pt.json" },
      { code: "uk", language: "uk-UA", file: "uk.json" },
    ],
  },
  routeRules: {
    "/imprint": { prerender: true },
    "/old/**": { redirect: { to: "/berths/**", statusCode: 301 } },
    "/api/**": { cors: true },
    "/tides": { swr: 60 },
  },
  nitro: {
    experimental: { websocket: true, tasks: true },
    compressPublicAssets: { gzip: true, brotli: true },
    storage: { bookings: { driver: "fs", base: "/var/lib/harbour/bookings" } },
    serverAssets: [{ baseName: "guides", dir: "./assets" }],
    scheduledTasks: { "0 4 * * *": ["tidy"] },
  },
});
