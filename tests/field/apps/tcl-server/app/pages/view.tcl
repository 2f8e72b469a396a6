return [read [open $base/view.html]]
