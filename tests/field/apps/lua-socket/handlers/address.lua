return function() return require("socket.url").parse("http://tea/").host end
