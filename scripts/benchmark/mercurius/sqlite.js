// The embedded database, with the pragmas that the gateway sets. Its cache of pages has 16 MB, the default here.
import Database from "better-sqlite3";

const database = new Database(process.env.BENCHMARK_DATABASE);
for (const pragma of ["busy_timeout = 10000", "synchronous = FULL", "foreign_keys = ON", "journal_mode = WAL"]) {
  database.pragma(pragma);
}

const prepared = new Map();

// A statement is compiled once for each text.
function statement(sql) {
  let found = prepared.get(sql);
  if (!found) prepared.set(sql, (found = database.prepare(sql)));
  return found;
}

export const among = "IN (SELECT value FROM json_each(?))";
export const array = JSON.stringify;

// A condition and its values.
export function search(folded) {
  const phrase = `{name_folded description_folded} : "${folded.replaceAll('"', '""')}"`;
  return ["rowid IN (SELECT rowid FROM device_search WHERE device_search MATCH ?)", phrase];
}

export function rows(sql, values) {
  return statement(sql).all(values);
}

export const write = database.transaction((inserts) => {
  for (const [sql, values] of inserts) statement(sql).run(values);
}).immediate;
