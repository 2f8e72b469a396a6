local socket = require("socket")
local server = assert(socket.bind("*", 8080))
while true do
  local client = server:accept()
  client:settimeout(2)
  local line = client:receive("*l") or ""
  while true do
    local header = client:receive("*l")
    if not header or header == "" then break end
  end
  local name = line:match("^%u+ /(%w*)")
  if name == "" then name = "index" end
  local ok, body = pcall(function() return require("handlers." .. name)() end)
  client:send((ok and "HTTP/1.0 200 OK" or "HTTP/1.0 500 Error") .. "\r\n\r\n" .. tostring(body))
  client:close()
end
