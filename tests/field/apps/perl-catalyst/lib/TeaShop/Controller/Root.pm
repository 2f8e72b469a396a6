package TeaShop::Controller::Root;
use Moose;
use namespace::autoclean;
BEGIN { extends 'Catalyst::Controller' }
__PACKAGE__->config(namespace => '');

sub index :Path :Args(0) {
    my ($self, $c) = @_;
    $c->response->body($c->config->{motto});
}

sub hello :Local {
    my ($self, $c) = @_;
    $c->languages([$c->request->param('lang')]) if $c->request->param('lang');
    $c->stash(template => 'hello.tt', hello => $c->loc('Welcome to the tea shop'));
}

sub teas :Local {
    my ($self, $c) = @_;
    $c->stash(template => 'teas.tt', teas => [$c->model('Shop::Tea')->all]);
}

sub json :Local {
    my ($self, $c) = @_;
    $c->stash(json => [map { $_->name } $c->model('Shop::Tea')->all]);
    $c->forward('View::JSON');
}

sub visits :Local {
    my ($self, $c) = @_;
    $c->response->body('visit ' . ++$c->session->{visits});
}

sub default :Path {
    my ($self, $c) = @_;
    $c->response->status(404);
    $c->stash(template => 'missing.tt');
}

sub end :ActionClass('RenderView') {}
1;
