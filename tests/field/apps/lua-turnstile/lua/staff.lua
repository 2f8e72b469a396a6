-- The list of the staff, as the office exports it in XML.
local lxp = require "lxp"
local lom = require "lxp.lom"
local M = {}
function M.people(xml)
  local people = {}
  local parser = lxp.new({
    StartElement = function(_, name, attributes)
      if name == "person" then people[#people + 1] = { code = attributes.code, till = attributes.till, owner = "" } end
    end,
    CharacterData = function(_, text) if #people > 0 then people[#people].owner = people[#people].owner .. text:gsub("^%s+$", "") end end,
  })
  local good, problem, line, column = parser:parse(xml)
  if good then good, problem, line, column = parser:parse() end
  if not good then return nil, ("line %d, column %d: %s"):format(line, column, problem) end
  parser:close()
  return people
end
function M.root(xml) local tree = lom.parse(xml) return tree and tree.tag end
return M
