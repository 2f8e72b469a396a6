package Tasks::Command::done;
use Tasks -command;
use strict;
use warnings;
use Tasks::Store;

sub abstract { 'mark a task as done' }
sub usage_desc { '%c done %o <title>' }
sub validate_args { my ($self, $opt, $args) = @_; $self->usage_error('which task?') unless @$args == 1 }

sub execute {
    my ($self, $opt, $args) = @_;
    my $store = Tasks::Store->new(file => $self->app->global_options->{file});
    my ($task) = grep { $_->title eq $args->[0] } @{ $store->tasks };
    die "no task $args->[0]\n" unless $task;
    $task->state('done');
    $store->save('/tmp/tasks.yml');
    open my $saved, '<', '/tmp/tasks.yml' or die $!;
    print <$saved>;
}

1;
