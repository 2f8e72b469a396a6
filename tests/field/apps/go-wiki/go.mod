module wiki

go 1.24
