local cjson = require "cjson.safe"
local store, words, rules, staff = require "store", require "words", require "rules", require "staff"
local M = {}

local function say(body, status)
  ngx.status = status or 200
  ngx.header.content_type = "application/json"
  ngx.say(cjson.encode(body))
end
local function body()
  ngx.req.read_body()
  return ngx.req.get_body_data() or ""
end
local function w() return words.of(ngx.var.arg_lang or ngx.var.lang) end

function M.clock()
  if ngx.worker.id() == 0 then ngx.timer.every(0.5, function() ngx.shared.gate:incr("ticks", 1, 0) end) end
end
function M.health() say { ok = true, workers = ngx.worker.count(), nginx = ngx.config.nginx_version > 1000000 } end
function M.front()
  local list, problem = w()
  if not list then return say({ error = problem }, 404) end
  ngx.header.content_type = "text/html"
  ngx.say("<!doctype html><link rel=stylesheet href=/static/gate.css><h1>", list.title, "</h1><p>", list.passes, ": ", ngx.shared.gate:get("passes") or 0)
end
function M.missing() ngx.header.content_type = "text/plain" ngx.status = 404 ngx.say(w().missing, " ", ngx.var.uri) end

function M.cards()
  local code = ngx.var.uri:match("^/cards/(.+)$")
  local method = ngx.req.get_method()
  if method == "POST" then
    local card, problem = cjson.decode(body())
    if not card then return say({ error = problem }, 400) end
    local done, wrong = store.rows("INSERT INTO cards VALUES (?, ?, ?)", card.code, card.owner, card.till or "2099-12-31")
    if not done then return say({ error = wrong }, 409) end
    return say({ stored = card.code }, 201)
  elseif method == "DELETE" then
    return say { removed = store.rows("DELETE FROM cards WHERE code = ?", code) }
  elseif method ~= "GET" and method ~= "HEAD" then
    ngx.header.allow = "GET, POST, DELETE"
    ngx.exit(405)
  elseif code then
    local found = store.rows("SELECT * FROM cards WHERE code = ?", code)
    if #found == 0 then return M.missing() end
    return say(found[1])
  end
  local all = store.rows("SELECT * FROM cards ORDER BY code")
  if (ngx.var.http_accept or ""):find("text/csv", 1, true) then
    ngx.header.content_type = "text/csv"
    for _, card in ipairs(all) do ngx.say(card.code, ";", card.owner, ";", card.till) end
    return
  end
  say(setmetatable(all, cjson.array_mt))
end

function M.pass()
  local read = rules.plate:match(ngx.req.get_uri_args().read or "")
  if not read then return say({ error = w().unread }, 422) end
  local card = store.rows("SELECT *, till >= date('now') AS good FROM cards WHERE code = ?", read.code)[1]
  if not card then return say({ error = w().unknown .. " " .. read.code }, 403) end
  if tonumber(card.good) ~= 1 then return say({ error = w().old .. " " .. card.till }, 403) end
  store.rows("INSERT INTO passes (code) VALUES (?)", read.code)
  say { open = true, owner = card.owner, passes = ngx.shared.gate:incr("passes", 1, 0) }
end

function M.import()
  local xml = body()
  local people, problem = staff.people(xml)
  if not people then return say({ error = problem }, 400) end
  for _, one in ipairs(people) do store.rows("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", one.code, one.owner, one.till or "2099-12-31") end
  say { root = staff.root(xml), imported = #people }
end
function M.rules()
  local spans, problem = rules.parse(ngx.unescape_uri(ngx.var.arg_text or body()))
  if not spans then return say({ error = problem }, 422) end
  say(spans)
end
function M.seal()
  local str, sha = require "nginx.string", require("nginx.sha256"):new()
  sha:update(ngx.var.arg_text or "")
  say { sha256 = str.to_hex(sha:final()), hmac = ngx.encode_base64(ngx.hmac_sha1("gate", ngx.var.arg_text or "")), crc = ngx.crc32_long(ngx.var.arg_text or ""), md5 = ngx.md5(ngx.var.arg_text or "") }
end
local function sign(name) return require("nginx.string").to_hex(ngx.hmac_sha1("turnstile", name)) end
function M.login()
  ngx.req.read_body()
  local form = ngx.req.get_post_args()
  if form.pin ~= "4711" then return say({ error = w().pin }, 403) end
  require("nginx.cookie"):new():set { key = "gate", value = form.name .. "." .. sign(form.name), path = "/", httponly = true }
  ngx.redirect("/behind/", 303)
end
function M.guard()
  local value = require("nginx.cookie"):new():get("gate")
  local name, seal = (value or ""):match("^(%w+)%.(%x+)$")
  if not name or seal ~= sign(name) then ngx.status = 401 ngx.say(w().pin) return ngx.exit(401) end
  ngx.header["X-Guard"] = name
end
function M.both()
  local one, two = ngx.location.capture_multi { { "/health" }, { "/cards/A100" } }
  local light = ngx.thread.spawn(function() ngx.sleep(0.01) return "light" end)
  local _, word = ngx.thread.wait(light)
  local socket = ngx.socket.tcp()
  assert(socket:connect("127.0.0.1", 8081))
  socket:send("GET /echo HTTP/1.0\r\nX-Gate: socket\r\n\r\n")
  local raw = socket:receive("*a")
  say { one = one.status, two = cjson.decode(two.body).owner, thread = word, raw = raw:match("behind: (%w+)"), words = #require("ngx.re").split("a,b,,c", ",") }
end
return M
