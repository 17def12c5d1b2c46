// PostgreSQL on as many connections as the gateway has. Each prepares a statement once, under its name.
import pg from "pg";

// As GraphQL shows it; `pg` would make an object of it. The fraction has no zeros at its end, or is not there.
const instant = (text) => `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, "0")}Z`;
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, instant);

const pool = new pg.Pool({
  connectionString: process.env.BENCHMARK_DATABASE,
  max: 10,
  // They wait while others are under load.
  idleTimeoutMillis: 0,
  options: "-c timezone=UTC",
});

const named = new Map();

function statement(sql, values) {
  let found = named.get(sql);
  if (!found) {
    let count = 0;
    named.set(sql, (found = { name: `statement_${named.size}`, text: sql.replaceAll("?", () => `$${(count += 1)}`) }));
  }
  return { ...found, values };
}

export const among = "= any(?)";
export const array = (values) => values;

// A condition and its values.
export function search(folded) {
  const pattern = `%${folded.replaceAll(/[%_\\]/g, "\\$&")}%`;
  return ["(name_folded LIKE ? OR description_folded LIKE ?)", pattern, pattern];
}

export async function rows(sql, values) {
  return (await pool.query(statement(sql, values))).rows;
}

export async function write(inserts) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    for (const [sql, values] of inserts) await client.query(statement(sql, values));
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}
