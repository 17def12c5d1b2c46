// The embedded database, with the pragmas that the gateway sets. Its cache of pages has 16 MB, the default here.
import Database from "better-sqlite3";

export const database = new Database(process.env.BENCHMARK_DATABASE);
for (const pragma of ["busy_timeout = 10000", "synchronous = FULL", "foreign_keys = ON", "journal_mode = WAL"]) {
  database.pragma(pragma);
}

const prepared = new Map();

// A statement is compiled once for each text.
export function statement(sql) {
  let found = prepared.get(sql);
  if (!found) prepared.set(sql, (found = database.prepare(sql)));
  return found;
}
