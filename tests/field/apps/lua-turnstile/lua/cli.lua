package.path = "/opt/turnstile/lua/?.lua;" .. package.path
local store = require "store"
local command, first = arg[1], arg[2]
if command == "cards" then
  for _, card in ipairs(store.rows("SELECT * FROM cards ORDER BY code")) do print(card.code, card.owner, card.till) end
elseif command == "import" then
  local file = assert(io.open(first))
  local people, problem = require("staff").people(file:read("*a"))
  if not people then io.stderr:write(first, ": ", problem, "\n") os.exit(1) end
  print(#people .. " people, " .. os.date("!%Y", 1796000000))
elseif command == "rules" then
  local spans, problem = require("rules").parse(first)
  if not spans then io.stderr:write(problem, "\n") os.exit(1) end
  for _, span in ipairs(spans) do print(span.first .. " to " .. (span.last or span.first), span.from, span.till) end
elseif command == "logs" then
  local lfs = require "lfs"
  for name in lfs.dir("/var/log/nginx") do if name:match("%.log$") then print(name, lfs.attributes("/var/log/nginx/" .. name, "mode")) end end
elseif command == "version" then
  print(require("jit").version)
else
  io.stderr:write("usage: turnstile cards|import FILE|rules TEXT|logs|version\n")
  os.exit(2)
end
