-- Says the weather at http://.../weather
local M = {}

function M.config(options)
	M.place = options.place
	modules.load('http')
	http.configs._builtin.webmgmt.endpoints['/weather'] = { 'text/plain', function()
		return 'The weather in the ' .. M.place .. ' is wet'
	end }
end

return M
