return [clock format 0 -format %Y -timezone :Asia/Tokyo -locale de]
