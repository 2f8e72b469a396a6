package Tasks::Store;
use Moo;
use YAML::XS ();
use Tasks::Task;

has file => (is => 'ro', required => 1);
has tasks => (is => 'lazy');

sub _build_tasks {
    my $self = shift;
    [ map { Tasks::Task->new($_) } @{ YAML::XS::LoadFile($self->file) } ];
}

sub save { my ($self, $to) = @_; YAML::XS::DumpFile($to, [ map { $_->as_hash } @{ $self->tasks } ]) }

1;
