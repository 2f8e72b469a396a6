set locale "C"
set terminal dumb
load "style.gp"
set format x "%A"
plot "week.csv" using 1:3 every ::1 smooth csplines title "humidity"
