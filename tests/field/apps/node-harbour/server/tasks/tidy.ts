export default defineTask({
  meta: { name: "tidy", description: "Count and tidy the bookings" },
  async run({ payload }) { return { result: { bookings: (await booked()).length, asked: payload.asked ?? false } }; },
});
