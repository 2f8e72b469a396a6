title = Lautta
since = { DATETIME($day, dateStyle: "long") }
seats = { $n ->
    [one] yksi paikka
   *[other] { NUMBER($n) } paikkaa
}
