export default defineEventHandler((event) => {
  const found = berths.find((b) => String(b.id) === getRouterParam(event, "id"));
  if (!found) throw createError({ statusCode: 404, statusMessage: "No such berth" });
  return found;
});
