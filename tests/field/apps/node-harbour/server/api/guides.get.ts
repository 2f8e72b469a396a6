export default defineEventHandler(async (event) => {
  const { name } = getQuery(event);
  const text = await useStorage("assets:guides").getItem<string>(`${name}.md`);
  if (!text) throw createError({ statusCode: 404, statusMessage: "No such guide" });
  const { marked } = await import("marked");
  setHeader(event, "Content-Type", "text/html; charset=utf-8");
  return marked.parse(String(text));
});
