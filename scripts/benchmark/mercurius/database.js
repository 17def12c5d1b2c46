// The words that depend on the database, and how its statements run. Both kinds take `?` for a parameter.
const { BENCHMARK_DATABASE } = process.env;
const file = BENCHMARK_DATABASE.startsWith("postgresql:") ? "./postgresql.js" : "./sqlite.js";

export const { among, array, rows, search, write } = await import(file);
