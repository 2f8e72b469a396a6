title = The ferry
since = { DATETIME($day, dateStyle: "long") }
seats = { $n ->
    [one] one place
   *[other] { NUMBER($n) } places
}
missing = There is no such page.
