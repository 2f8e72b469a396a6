package Tasks::Format::CSV;
use strict;
use warnings;
use Text::CSV qw(csv);

sub write { my $class = shift; csv(in => [ map { [ @$_{qw(title state due)} ] } @_ ], out => \my $text, quote_space => 1); $text }

1;
