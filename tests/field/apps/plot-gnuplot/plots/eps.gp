load "style.gp"
set terminal postscript eps enhanced color
plot "week.csv" using 1:2 every ::1 with lines title "°C"
