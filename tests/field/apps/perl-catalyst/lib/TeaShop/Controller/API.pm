package TeaShop::Controller::API;
use Moose;
use namespace::autoclean;
BEGIN { extends 'Catalyst::Controller::REST' }
__PACKAGE__->config(default => 'application/json');

sub tea :Local :ActionClass('REST') {}

sub tea_GET {
    my ($self, $c, $id) = @_;
    my $tea = $c->model('Shop::Tea')->find($id) or return $self->status_not_found($c, message => "tea $id is sold out");
    $self->status_ok($c, entity => { id => $tea->id, name => $tea->name });
}

sub tea_POST {
    my ($self, $c) = @_;
    my $tea = $c->model('Shop::Tea')->create({ name => $c->request->data->{name} });
    $self->status_created($c, location => $c->request->uri . '/' . $tea->id, entity => { name => $tea->name });
}
1;
