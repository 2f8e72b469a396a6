export default defineEventHandler(async (event) => {
  const parts = await readMultipartFormData(event);
  const file = parts?.find((part) => part.filename);
  if (!file) throw createError({ statusCode: 400, statusMessage: "No file" });
  await useStorage("bookings").setItemRaw(`papers:${file.filename}`, file.data);
  return { name: file.filename, bytes: file.data.length };
});
