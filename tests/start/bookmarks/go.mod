module example.org/team/bookmarks

go 1.24
