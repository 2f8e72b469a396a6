import Datastore from "@seald-io/nedb";

export const seeds = new Datastore({ filename: process.env.SEEDS_DB ?? "/var/lib/seeds/seeds.db", autoload: true });
await seeds.ensureIndexAsync({ fieldName: "name", unique: true });
for (const [name, grams, sow] of [["Kale", 40, "2026-04-20"], ["Leek", 15, "2026-03-01"], ["Rødbete", 60, "2026-05-17"]]) {
  if (!(await seeds.findOneAsync({ name }))) await seeds.insertAsync({ name, grams, sow });
}
export const all = () => seeds.findAsync({}, { _id: 0 }).sort({ name: 1 });
