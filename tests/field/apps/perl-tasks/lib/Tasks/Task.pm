package Tasks::Task;
use Moo;
use Types::Standard qw(Str Enum Maybe);
use namespace::clean;

has title => (is => 'ro', isa => Str, required => 1);
has state => (is => 'rw', isa => Enum[qw(open done)], default => 'open');
has due => (is => 'ro', isa => Maybe[Str]);

sub as_hash { my $self = shift; return +{ map { ($_ => $self->$_) } qw(title state due) } }

1;
