import { createClient } from "@libsql/client";
import bcrypt from "bcryptjs";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const boats = sqliteTable("boats", {
  id: integer().primaryKey({ autoIncrement: true }), name: text().notNull().unique(),
  seats: integer().notNull(), built: text().notNull(), photo: text(),
});
export const bookings = sqliteTable("bookings", {
  id: integer().primaryKey({ autoIncrement: true }), boatId: integer("boat_id").notNull().references(() => boats.id),
  who: text().notNull(), day: text().notNull(),
});
export const users = sqliteTable("users", {
  id: integer().primaryKey({ autoIncrement: true }), name: text().notNull().unique(), hash: text().notNull(),
});

export const folder = process.env.CLUB_DATA ?? "/var/lib/club";
export const client = createClient({ url: `file:${folder}/club.db` });
export const db = drizzle(client);
await migrate(db, { migrationsFolder: new URL("./drizzle", import.meta.url).pathname });

export async function addUser(name, password) {
  await db.insert(users).values({ name, hash: await bcrypt.hash(password, 6) });
}
if (!(await db.select().from(users).where(eq(users.name, "karen"))).length) await addUser("karen", "oars");
