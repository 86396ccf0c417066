-- What wrk sends: one fixed request, or for the kinds below a different one each time, the same in every run.

local first_day = 1672531200 -- 2023-01-01
local seconds_per_day = 86400
local symbols = 1000
local starts = 200

local function day(offset)
  return os.date("!%Y-%m-%d", first_day + offset * seconds_per_day)
end

function init(args)
  local kind, number = args[1], tonumber(args[2])

  if kind == "daily" then
    local limit = args[3]
    local start_days, end_days = {}, {}
    for offset = 0, starts - 1 do start_days[offset] = day(offset) end
    for offset = 0, 364 do end_days[offset] = day(365 + offset) end
    -- Symbol, first and last day change in turn, so that no two requests have the same key in the cache.
    request = function()
      number = number + 1
      local rest = math.floor(number / symbols)
      return wrk.format("GET", string.format(
        "/api/v1/stocks/60%04d.SH/daily?start=%s&end=%s&limit=%s",
        number % symbols, start_days[rest % starts], end_days[math.floor(rest / starts) % 365], limit))
    end
  elseif kind == "jobs" then
    wrk.headers["Content-Type"] = "application/json"
    -- Jobs that ask for the same are one job, so each asks for something else.
    request = function()
      number = number + 1
      local rest = math.floor(number / 10000)
      return wrk.format("POST", "/api/v1/jobs", nil, string.format(
        '{"type":"ingest","source":"sample","symbols":["60%04d.SH"],"start":"%s","end":"%s"}',
        number % 10000, day(rest % 300), day(300)))
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50Milliseconds":%.3f,"p99Milliseconds":%.3f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
