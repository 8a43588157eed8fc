-- SPDX-License-Identifier: Apache-2.0
-- wrk's script: the same request on every connection; what was measured as one line of JSON.
-- In the environment: METHOD, BODY (a file, or empty), KEY (an Idempotency-Key, or empty),
-- THINK_MS (longest pause of a shopper between two requests, 0 for none).

local think_ms = tonumber(os.getenv("THINK_MS"))

wrk.method = os.getenv("METHOD")
if os.getenv("BODY") ~= "" then
    local file = assert(io.open(os.getenv("BODY"), "rb"))
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = "application/json"
end
if os.getenv("KEY") ~= "" then
    wrk.headers["Idempotency-Key"] = os.getenv("KEY")
end
if think_ms > 0 then
    function delay()
        return math.random(0, think_ms)
    end
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f}',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
