return function() return (require("mime").b64("tea")) end
