-- For wrk: posts the requests of a file, one after the other, and prints what came of them as JSON.
-- A line of the file: extra headers as "name: value" joined by tabs, then a tab, then the body.

local requests = {}
local number = 0
local path = "/"

function init(args)
  path = args[2]
  for line in io.lines(args[1]) do
    local headers = { ["Content-Type"] = "application/json" }
    local body = line
    while true do
      local name, value, rest = body:match("^([%w-]+): ([^\t]*)\t(.*)$")
      if not name then break end
      headers[name] = value
      body = rest
    end
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
