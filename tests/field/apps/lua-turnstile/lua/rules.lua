-- When the gate opens: "mon-fri 06:00-18:30, sat 08:00-12:00 except holidays"
local lpeg = require "lpeg"
local re = require "re"
local P, R, S, C, Ct, Cg, Cp = lpeg.P, lpeg.R, lpeg.S, lpeg.C, lpeg.Ct, lpeg.Cg, lpeg.Cp
local space = S " \t" ^ 0
local day = C(P "mon" + "tue" + "wed" + "thu" + "fri" + "sat" + "sun")
local time = C(R "02" * R "09" * ":" * R "05" * R "09")
local span = Ct(Cg(day, "first") * (P "-" * Cg(day, "last")) ^ -1 * space * Cg(time, "from") * "-" * Cg(time, "till"))
local grammar = Ct(span * (space * "," * space * span) ^ 0) * (space * "except" * space * Cg(C "holidays", "except")) ^ -1 * Cp()

local M = {}
function M.parse(text)
  local spans, rest, stop = grammar:match(text)
  local at = stop or rest or 1
  if not spans or (type(at) == "number" and at <= #text) then return nil, "not understood from " .. (type(at) == "number" and at or 1) end
  return spans
end
M.plate = re.compile [[
  plate <- {| {:kind: 'card' :} ' '+ {:code: [A-Z] %d^3 :} |} !.
]]
return M
