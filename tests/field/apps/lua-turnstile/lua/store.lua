local sqlite = require "luasql.sqlite3"
local FILE = os.getenv("TURNSTILE_DB") or "/var/lib/turnstile/cards.db"
local M = {}

function M.open()
  if M.db then return M.db end
  M.env = M.env or sqlite.sqlite3()
  M.db = assert(M.env:connect(FILE, 2000))
  M.db:execute [[CREATE TABLE IF NOT EXISTS cards (code TEXT PRIMARY KEY, owner TEXT NOT NULL, till TEXT)]]
  M.db:execute [[CREATE TABLE IF NOT EXISTS passes (code TEXT, at INTEGER DEFAULT (unixepoch()))]]
  M.db:execute [[INSERT OR IGNORE INTO cards VALUES ('A100', 'Žofie', '2099-12-31'), ('A101', 'Jürgen', '2001-01-01')]]
  return M.db
end

function M.rows(sql, ...)
  local db, values = M.open(), { ... }
  sql = sql:gsub("%?", function() return "'" .. db:escape(tostring(table.remove(values, 1))) .. "'" end)
  local cursor, problem = db:execute(sql)
  if not cursor then return nil, problem end
  if type(cursor) == "number" then return cursor end
  local rows, row = {}, cursor:fetch({}, "a")
  while row do rows[#rows + 1] = row; row = cursor:fetch({}, "a") end
  cursor:close()
  return rows
end
return M
