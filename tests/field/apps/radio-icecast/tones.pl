# Raw 16-bit samples of one tone that swells: tones.pl HERTZ SECONDS
my ($hertz, $seconds) = @ARGV;
binmode STDOUT;
print pack 's<', 9000 * sin(6.2831853 * $hertz * $_ / 22050) * (1 + sin($_ / 9000)) for 0 .. 22050 * $seconds;
