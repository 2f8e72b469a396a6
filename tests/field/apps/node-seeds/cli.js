#!/usr/bin/env node
import { program } from "commander";
program.name("seeds").version("0.2.0");
program.command("list").description("list the seeds").action(async () => {
  const { all } = await import("./store.js"); console.table(await all());
});
program.command("import <file>").description("import a CSV file").action(async (file) => {
  const { readFileSync } = await import("node:fs"); const { default: Papa } = await import("papaparse"); const { seeds } = await import("./store.js");
  const { data } = Papa.parse(readFileSync(file, "utf8"), { header: true, dynamicTyping: true, skipEmptyLines: true });
  await seeds.insertAsync(data); console.log(`${data.length} imported`);
});
await program.parseAsync();
