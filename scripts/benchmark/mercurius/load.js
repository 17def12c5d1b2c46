// Puts a server under load with autocannon, as load.lua does with wrk.
import autocannon from "autocannon";

const { BENCHMARK_BODY, BENCHMARK_LENGTH, BENCHMARK_SERIAL, BENCHMARK_TOKEN } = process.env;
let serial = Number(BENCHMARK_SERIAL);

function nextBody() {
  serial += 1;
  return BENCHMARK_BODY.replaceAll("@serial@", String(serial).padStart(10, "0"));
}

const unique = BENCHMARK_BODY.includes("@serial@");
const result = await autocannon({
  url: process.env.BENCHMARK_URL,
  connections: Number(process.env.BENCHMARK_CONNECTIONS),
  duration: Number(process.env.BENCHMARK_SECONDS),
  timeout: 30,
  method: "POST",
  headers: { authorization: `Bearer ${BENCHMARK_TOKEN}`, "content-type": "application/json" },
  requests: [unique ? { setupRequest: (request) => ({ ...request, body: nextBody() }) } : { body: BENCHMARK_BODY }],
  verifyBody: (body) => Buffer.byteLength(body) === Number(BENCHMARK_LENGTH),
});

const { errors, non2xx, mismatches, latency, requests, duration } = result;
const measured = { rps: requests.total / duration, p50_ms: latency.p50, p99_ms: latency.p99 };
console.log(JSON.stringify({ ...measured, failed: errors + non2xx + mismatches }));
