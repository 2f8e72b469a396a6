#!/usr/bin/env node
import yargs from "yargs";
import { hideBin } from "yargs/helpers";

await yargs(hideBin(process.argv))
  .scriptName("club")
  .command("boats", "list the boats", {}, async () => {
    const { boats, db } = await import("./store.js");
    console.table(await db.select({ name: boats.name, seats: boats.seats }).from(boats));
  })
  .command("add-user <name> <password>", "add a member", {}, async ({ name, password }) => {
    const { addUser } = await import("./store.js");
    await addUser(String(name), String(password));
    console.log(`added ${name}`);
  })
  .command("vacuum", "pack the database", {}, async () => {
    const { client } = await import("./store.js");
    await client.execute("VACUUM");
    console.log((await client.execute("PRAGMA integrity_check")).rows[0].integrity_check);
  })
  .completion("completion", "print a script for the shell")
  .demandCommand(1).strict().parseAsync();
