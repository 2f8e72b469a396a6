return function() return io.open("views/page.html"):read("a") end
