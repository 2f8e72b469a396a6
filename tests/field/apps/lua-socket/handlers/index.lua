return function() return "up" end
