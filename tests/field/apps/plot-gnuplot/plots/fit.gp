set datafile separator ","
f(x) = a*x + b
fit f(x) "week.csv" using 0:3 every ::1 via a, b
set print "-"
print sprintf("slope %.2f", a)
