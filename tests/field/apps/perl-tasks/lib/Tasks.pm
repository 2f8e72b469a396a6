package Tasks;
use strict;
use warnings;
use App::Cmd::Setup -app;

sub global_opt_spec { ([ 'file=s', 'the file of tasks', { default => 'data/tasks.yml' } ]) }

1;
