export default defineEventHandler(async (event) => {
  const stream = createEventStream(event);
  (async () => { for (const b of berths) await stream.push({ event: "berth", data: b.name }); await stream.close(); })();
  return stream.send();
});
