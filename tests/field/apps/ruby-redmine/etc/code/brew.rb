def brew(minutes)
  "tea" * minutes
end
