package Tasks::Command::due;
use Tasks -command;
use strict;
use warnings;
use DateTime;
use Tasks::Store;

sub abstract { 'say when the tasks are due' }
sub opt_spec { ([ 'locale|l=s', 'the language', { default => 'en-US' } ], [ 'zone|z=s', 'the time zone', { default => 'UTC' } ]) }

sub execute {
    my ($self, $opt, $args) = @_;
    binmode STDOUT, ':utf8';
    for my $task (@{ Tasks::Store->new(file => $self->app->global_options->{file})->tasks }) {
        my ($year, $month, $day) = split /-/, $task->due or next;
        my $at = DateTime->new(year => $year, month => $month, day => $day, locale => $opt->{locale}, time_zone => 'UTC');
        $at->set_time_zone($opt->{zone});
        print $task->title, ': ', $at->format_cldr($at->locale->datetime_format_full), "\n";
    }
}

1;
