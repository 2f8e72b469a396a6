package Tasks::Command::export;
use Tasks -command;
use strict;
use warnings;
use Module::Runtime qw(use_module);
use Tasks::Store;

sub abstract { 'write the tasks in another format' }
sub description { "Formats: json, csv, xml, html." }
sub opt_spec { ([ 'format|f=s', 'the format', { default => 'json' } ]) }

sub execute {
    my ($self, $opt, $args) = @_;
    my $format = eval { use_module('Tasks::Format::' . uc $opt->{format}) }
        or $self->usage_error("no format $opt->{format}");
    print $format->write(map { $_->as_hash } @{ Tasks::Store->new(file => $self->app->global_options->{file})->tasks });
}

1;
