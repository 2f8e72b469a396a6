title = Ferja
since = { DATETIME($day, dateStyle: "long") }
seats = { $n ->
    [one] én plass
   *[other] { NUMBER($n) } plasser
}
missing = Siden finnes ikke.
