const express = require("/usr/share/nodejs/express");
const app = express();
app.get("/", (_, answer) => answer.send("<p>bench</p>"));
app.get("/items/:id", (request, answer) => answer.json({ id: request.params.id }));
app.listen(3000);
process.on("SIGTERM", () => process.exit(0));
