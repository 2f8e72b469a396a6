return function() return require("cjson").encode({ tea = 1 }) end
