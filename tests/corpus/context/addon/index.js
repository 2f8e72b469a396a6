const addon = require("./build/Release/addon");
const colours = require("picocolors");

console.log(colours.bold(String(addon.answer())));
