export default defineEventHandler((event) => {
  if (!getRequestURL(event).pathname.startsWith("/api/admin")) return;
  if (getHeader(event, "x-admin-key") !== useRuntimeConfig(event).adminKey) throw createError({ statusCode: 403, statusMessage: "Office only" });
});
