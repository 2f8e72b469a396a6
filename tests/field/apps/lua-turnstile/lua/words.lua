-- The words of a language, from the archive that the translators send.
local zip = require "zip"
local iconv = require "iconv"
local lrucache = require "resty.lrucache"
local cache = assert(lrucache.new(10))
local from = { cs = "ISO-8859-2", de = "ISO-8859-1", en = "ASCII" }

local M = {}
function M.of(lang)
  local found = cache:get(lang)
  if found then return found end
  local archive = assert(zip.open("/opt/turnstile/words.zip"))
  local file = archive:open(lang .. ".txt")
  if not file then archive:close() return nil, "no language " .. lang end
  local text = assert(iconv.new("UTF-8", from[lang])):iconv(file:read("*a"))
  file:close()
  archive:close()
  local words = {}
  for key, value in text:gmatch("([%w_]+) = ([^\n]+)") do words[key] = value end
  cache:set(lang, words, 600)
  return words
end
return M
