import { DateTime } from "luxon";

export default defineEventHandler(async (event) => {
  switch (getRouterParam(event, "format")) {
    case "pdf": {
      const { PDFDocument, StandardFonts } = await import("pdf-lib");
      const doc = await PDFDocument.create();
      doc.setTitle("Berths");
      const page = doc.addPage([300, 200]);
      page.drawText("Berths", { x: 20, y: 160, font: await doc.embedFont(StandardFonts.TimesRomanItalic) });
      setHeader(event, "Content-Type", "application/pdf");
      return Buffer.from(await doc.save({ useObjectStreams: false }));
    }
    case "zip": {
      const { strToU8, zipSync } = await import("fflate");
      setHeader(event, "Content-Type", "application/zip");
      return Buffer.from(zipSync({ "berths.json": strToU8(JSON.stringify(berths)), "bookings.json": strToU8(JSON.stringify(await booked())) }));
    }
    case "ics": {
      const { default: ical } = await import("ical-generator");
      const calendar = ical({ name: "Harbour", timezone: "Europe/Lisbon" });
      for (const berth of berths) calendar.createEvent({ id: String(berth.id), start: DateTime.fromISO(berth.since, { zone: "Europe/Lisbon" }), allDay: true, summary: berth.name });
      setHeader(event, "Content-Type", "text/calendar");
      return calendar.toString();
    }
    case "qr": {
      const { default: QR } = await import("qrcode");
      setHeader(event, "Content-Type", "image/svg+xml");
      return QR.toString("https://harbour.example", { type: "svg" });
    }
  }
  throw createError({ statusCode: 404, statusMessage: "No such format" });
});
