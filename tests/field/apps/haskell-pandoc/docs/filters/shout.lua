function Str(element)
  return pandoc.Str(pandoc.text.upper(element.text))
end
