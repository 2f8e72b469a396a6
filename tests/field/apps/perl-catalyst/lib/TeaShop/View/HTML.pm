package TeaShop::View::HTML;
use Moose;
extends 'Catalyst::View::TT';
__PACKAGE__->config(TEMPLATE_EXTENSION => '.tt', render_die => 1, ENCODING => 'utf-8', WRAPPER => 'wrapper.tt');
1;
