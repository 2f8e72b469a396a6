set datafile separator ","
set xdata time
set timefmt "%Y-%m-%d"
set title "The week in the greenhouse"
set grid
