import { DateTime } from "luxon";

export default defineEventHandler((event) => {
  const { zone = "Europe/Lisbon", lng = "en" } = getQuery<{ zone?: string; lng?: string }>(event);
  const at = DateTime.fromISO("2026-07-01T12:00:00Z", { zone });
  if (!at.isValid) throw createError({ statusCode: 400, statusMessage: "No such zone" });
  return { at: at.setLocale(lng).toFormat("cccc d LLLL HH:mm ZZ") };
});
