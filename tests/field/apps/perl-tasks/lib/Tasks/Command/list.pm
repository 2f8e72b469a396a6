package Tasks::Command::list;
use Tasks -command;
use strict;
use warnings;
use Tasks::Store;

sub abstract { 'list the tasks' }
sub opt_spec { ([ 'table|t', 'as a table' ], [ 'state|s=s', 'only of this state' ]) }

sub execute {
    my ($self, $opt, $args) = @_;
    my @tasks = @{ Tasks::Store->new(file => $self->app->global_options->{file})->tasks };
    @tasks = grep { $_->state eq $opt->{state} } @tasks if $opt->{state};
    if ($opt->{table}) {
        require Text::Table;
        my $table = Text::Table->new('title', \' | ', 'state');
        $table->load(map { [ $_->title, $_->state ] } @tasks);
        print $table;
        return;
    }
    print $_->title, "\n" for @tasks;
}

1;
