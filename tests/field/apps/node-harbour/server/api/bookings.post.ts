import { z } from "zod";

const Booking = z.object({ berth: z.number().int().min(1).max(3), ship: z.string().min(2), from: z.iso.date(), nights: z.number().int().positive() });

export default defineEventHandler(async (event) => {
  const booking = await readValidatedBody(event, (body) => Booking.safeParse(body));
  if (!booking.success) throw createError({ statusCode: 422, statusMessage: "Invalid booking", data: booking.error.issues });
  const store = useStorage("bookings");
  const key = `${booking.data.from}-${booking.data.berth}.json`;
  if (await store.hasItem(key)) throw createError({ statusCode: 409, statusMessage: "The berth is taken" });
  await store.setItem(key, booking.data);
  setResponseStatus(event, 201);
  return booking.data;
});
