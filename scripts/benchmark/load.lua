-- Puts a server under load with wrk. An answer of another length than the one checked before counts as failed.
local body = os.getenv("BENCHMARK_BODY")
local length = tonumber(os.getenv("BENCHMARK_LENGTH"))
local serial = tonumber(os.getenv("BENCHMARK_SERIAL"))
local threads = {}

wrk.method = "POST"
wrk.body = body
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCHMARK_TOKEN")
wrk.headers["Content-Type"] = "application/json"

-- A global, which is what thread:get reads.
wrong = 0

-- Without this function, wrk makes the request once.
if body:find("@serial@", 1, true) then
  function request()
    serial = serial + 1
    return wrk.format(nil, nil, nil, (body:gsub("@serial@", string.format("%010d", serial))))
  end
end

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, answer)
  if #answer ~= length then wrong = wrong + 1 end
end

function done(summary, latency)
  local failed = 0
  for _, count in pairs(summary.errors) do failed = failed + count end
  for _, thread in ipairs(threads) do failed = failed + thread:get("wrong") end
  print(string.format(
    '{"rps": %.3f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed
  ))
end
